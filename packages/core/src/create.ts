import { Hono } from 'hono'
import type { EventRow, EventType } from './ports/index.ts'
import type { CommentsApi } from './api.ts'
import { createCommentsApi } from './api.ts'
import type { ConfabConfig } from './config.ts'
import { checkConfig, limitsOf, processRoles } from './config.ts'
import { createCombiner } from './engine/combiner.ts'
import { ConfabError } from './engine/errors.ts'
import { createInvalidation } from './engine/invalidation.ts'
import { createInFlight } from './engine/in-flight.ts'
import { createIds, systemClock } from './engine/ids.ts'
import type { Kernel } from './engine/kernel.ts'
import { createLiveHub } from './engine/live.ts'
import { createPollingHub } from './engine/live-poll.ts'
import { consoleLogger } from './engine/logger.ts'
import type { EventListener } from './engine/outbox.ts'
import { createOutbox } from './engine/outbox.ts'
import { createPageReader } from './engine/reader.ts'
import { createSigner } from './engine/signer.ts'
import { siteFinder } from './engine/site.ts'
import { renderEvents } from './features/comments/events.ts'
import { createCommentQueries } from './features/comments/queries.ts'
import { commentRoutes } from './features/comments/routes.ts'
import { createCommentService } from './features/comments/service.ts'
import { addressFinder } from './http/address.ts'
import { createApp } from './http/app.ts'
import { memoryLimiter } from './memory/index.ts'
import { gunzip, gzip } from './runtime/gzip.ts'
import { requestsAreIsolated } from './runtime/platform.ts'

const pruneMs = 60 * 60_000
const dayMs = 24 * 60 * 60_000
/** Requests that run when everything stops get this long to end. */
const drainMs = 5_000
const keyLifeMs = dayMs
const eventLifeMs = 7 * dayMs

/** Confab, ready to be mounted. */
export interface Confab {
  /** Answers one request, for runtimes that speak `fetch`. `env` is handed to the router. */
  fetch(this: void, request: Request, env?: unknown): Response | Promise<Response>
  /** The same as a Hono router: `app.route('/comments', confab.router)`. */
  readonly router: Hono
  /** The use cases without HTTP, with the same rules. */
  readonly api: { readonly comments: CommentsApi }
  /**
   * Prepares the store and begins the work beside requests: delivering events to `on`, forgetting what is old. Await it
   * before the first request: a store that is not prepared cannot answer. Calling it twice does no harm; after it failed
   * it may be called again.
   * @throws whatever the store throws
   */
  start(): Promise<void>
  /**
   * One round of what `start` does again and again with the role `jobs`: delivers to `on` what waits, and forgets what is
   * old. For runtimes where nothing lasts between requests; a timer outside calls it, such as a Cron Trigger of Workers.
   * @throws whatever the store throws
   */
  runJobs(): Promise<void>
  /** Refuses new requests, ends streams with a hint when to come again, finishes what runs and closes the store. */
  close(): Promise<void>
}

/**
 * Builds Confab from its parts. Opens nothing and starts nothing.
 *
 * @throws TypeError for a wrong option, naming it and what to do
 *
 * @example
 * const confab = createConfab({
 *   store: sqlite('confab.db'),
 *   sites: [{ id: 'blog', origins: ['https://blog.example.org'] }],
 * })
 * await confab.start()
 * app.route('/comments', confab.router)
 */
export function createConfab(config: ConfabConfig): Confab {
  checkConfig(config)
  const { store } = config
  const clock = config.clock ?? systemClock
  const ids = config.ids ?? createIds()
  const logger = config.logger ?? consoleLogger()
  const bus = config.bus ?? null
  const cache = config.cache ?? null
  const roles = new Set(config.roles ?? processRoles)
  let closing: Promise<void> | null = null
  let starting: Promise<void> | null = null
  let pruneTimer: ReturnType<typeof setInterval> | null = null

  const hubOptions = { store, clock, logger, bus, render: renderEvents.bind(null, store) }
  const live = requestsAreIsolated ? createPollingHub(hubOptions) : createLiveHub(hubOptions)
  const listeners = listenersOf(config)
  const outbox = createOutbox({ store, clock, logger, listeners, relays: roles.has('jobs'), relayed: sayAgain })
  /** Somebody beside the readers of this process must learn of every event, also of one whose process died. */
  const isAwaited = listeners.size > 0 || cache !== null || (bus !== null && !requestsAreIsolated)
  const reader = createPageReader({
    store,
    clock,
    cache,
    gzip,
    gunzip,
    memoryBytes: config.pageMemoryBytes ?? 64 * 1024 * 1024,
    isolated: requestsAreIsolated,
  })

  // A store that tells the version is asked for it on each read, so there is nothing to say. And between requests that
  // cannot help each other nobody is there to hear it.
  const invalidation =
    bus && !store.capabilities.exactVersion && !requestsAreIsolated
      ? createInvalidation({ bus, logger, hear: (ref, ver) => reader.wrote(ref, ver) })
      : null

  const combiner = createCombiner(store, {
    commitOptions: () => ({ at: clock.now(), eventId: (at) => ids.next(at), delivered: !isAwaited }),
    isolated: requestsAreIsolated,
    overloaded: () =>
      new ConfabError('unavailable', 'Too many comments are being written just now; try again in a moment', {
        retryAfter: 2,
      }),
    async around(target, run) {
      const guard = cache && (await cache.guard(target).catch(refuseWrite))
      try {
        const commit = await run()
        if (commit.thread) reader.wrote(target, commit.thread.ver)
        await guard?.done(commit.thread?.ver ?? 0)
        // What a request leaves behind unfinished would die with it there.
        if (requestsAreIsolated) await live.publish(target, commit.events)
        return commit
      } catch (error) {
        await guard?.abort()
        throw error
      }
    },
    onCommit(target, commit) {
      if (commit.events.length === 0) return
      if (commit.thread) invalidation?.say(target, commit.thread.ver)
      if (!requestsAreIsolated) void live.publish(target, commit.events)
      if (isAwaited) outbox.dispatch(commit.events)
    },
  })

  const kernel: Kernel = {
    store,
    clock,
    ids,
    logger,
    limiter: config.limiter ?? memoryLimiter({ clock }),
    limits: limitsOf(config),
    combiner,
    reader,
    live,
    identify: config.identify ?? null,
    signer: createSigner(config.secret ?? null, store, () => ids.secret(32)),
    findSite: siteFinder(config.sites),
  }

  const inFlight = createInFlight()
  const service = createCommentService(kernel)
  const queries = createCommentQueries(kernel)
  const router = createApp({
    kernel,
    routes: commentRoutes(kernel, service, queries),
    findAddress: addressFinder(config.trustProxy ?? []),
    assets: config.assets ?? null,
    inFlight,
    serves: ({ live: isLive }) => roles.has(isLive ? 'live' : 'web'),
    isClosing: () => closing !== null,
  })
  const { basePath = '/' } = config
  const app = basePath === '/' ? router : new Hono().route(basePath, router)

  /** The process that wrote this may have died before it told the cache and the readers. */
  async function sayAgain(event: EventRow): Promise<void> {
    if (event.ver === null) return
    const ref = { site: event.site, thread: event.thread }
    reader.wrote(ref, event.ver)
    const guard = await cache?.guard(ref)
    await guard?.done(event.ver)
    await live.publish(ref, [event])
  }

  function pruneOld(): Promise<void> {
    const now = clock.now()
    return store.prune({ keysBefore: now - keyLifeMs, eventsBefore: now - eventLifeMs })
  }

  async function prune(): Promise<void> {
    try {
      await pruneOld()
    } catch (error) {
      logger.warn('Old keys and events were not pruned and are tried again in an hour', { error: String(error) })
    }
  }

  async function begin(): Promise<void> {
    await store.migrate()
    await invalidation?.listen()
    outbox.start()
    if (!roles.has('jobs')) return
    await prune()
    pruneTimer = setInterval(() => void prune(), pruneMs)
  }

  async function end(): Promise<void> {
    if (pruneTimer !== null) clearInterval(pruneTimer)
    live.close()
    await inFlight.idle(drainMs)
    await combiner.idle()
    await outbox.stop()
    await bus?.close()
    await cache?.close()
    await store.close()
  }

  return {
    fetch: (request, env) => app.fetch(request, env),
    router,
    api: { comments: createCommentsApi(kernel, service, queries) },
    start: () =>
      (starting ??= begin().catch((error: unknown) => {
        starting = null
        throw error
      })),
    async runJobs() {
      await outbox.runOnce()
      await pruneOld()
    },
    close: () => (closing ??= end()),
  }
}

/** A cache that was told to be strict could not be told about a write. */
function refuseWrite(cause: unknown): never {
  throw new ConfabError('unavailable', 'This cannot be saved just now; try again in a moment', { cause, retryAfter: 2 })
}

function listenersOf(config: ConfabConfig): ReadonlyMap<EventType, readonly EventListener[]> {
  const listeners = new Map<EventType, readonly EventListener[]>()
  for (const [type, listener] of Object.entries(config.on ?? {})) {
    if (listener) listeners.set(type as EventType, [listener])
  }
  return listeners
}
