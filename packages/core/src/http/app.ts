import { Hono } from 'hono'
import type { Context } from 'hono'
import type { Assets, Ms, RateRule, ThreadTarget } from '../ports/index.ts'
import { ConfabError, invalid } from '../engine/errors.ts'
import type { InFlight } from '../engine/in-flight.ts'
import type { Kernel } from '../engine/kernel.ts'
import { createLru } from '../engine/lru.ts'
import { parseInput } from '../engine/parse.ts'
import type { Answer, Route, RouteRequest } from '../engine/route.ts'
import type { SiteSettings } from '../engine/site.ts'
import { issueGuestToken } from '../features/auth/guest-token.ts'
import { resolveViewer } from '../features/auth/viewer.ts'
import { keySchema, pageKeySchema, siteIdSchema } from '../features/comments/schema.ts'
import type { ClientAddress, FindAddress } from './address.ts'
import { assetRoutes } from './assets.ts'
import { guestCookie, readGuestCookie } from './cookies.ts'
import type { Incoming } from './incoming.ts'
import { incomingOf } from './incoming.ts'
import { parseBody, parseQuery } from './input.ts'
import { checkWriteOrigin, corsHeaders, preflightHeaders } from './origin.ts'
import type { Edge } from './respond.ts'
import { errorResponse, respond } from './respond.ts'
import type { FindTarget } from './target.ts'
import { targetFinder } from './target.ts'

/** A site's settings may lag this long on pages that are asked for all the time. */
const askedMs: Ms = 1_000

/** Longer addresses, such as those of counts, are parsed each time: 5,000 of them would be much to remember. */
const maxAskedLength = 1_000

/** What an address asks for, parsed. */
interface Asked {
  readonly at: Ms
  readonly target: ThreadTarget
  readonly site: SiteSettings
  readonly query: unknown
}

/** What the edge needs beside the kernel. */
export interface AppOptions {
  readonly kernel: Kernel
  readonly routes: readonly Route[]
  readonly findAddress: FindAddress
  readonly assets: Assets | null
  /** Where requests count themselves. */
  readonly inFlight: InFlight
  /** `false` for a route that another process serves. */
  readonly serves: (route: Pick<Route, 'live'>) => boolean
  /** Requests are refused from then on. */
  readonly isClosing: () => boolean
}

/**
 * The one place that knows in which order a request is looked at: parameters, site and thread, origin, rate, body, and
 * only then the handler. Nothing about the viewer is asked before a handler wants it.
 */
export function createApp(options: AppOptions): Hono {
  const { kernel, routes, assets } = options
  const app = new Hono()
  const findTarget = targetFinder(kernel.store)
  const nextId = requestIds(kernel)
  const handle = routeHandler(options, findTarget)

  for (const route of routes) {
    app.on(route.method, `/v1${route.path}`, async (c) => {
      const edge: Edge = { requestId: nextId(), cors: {}, cookie: null }
      const incoming = incomingOf(c, route.access === 'public')
      const leave = options.inFlight.enter()
      try {
        if (!options.serves(route)) throw notServed()
        return respond(edge, await handle(route, c, edge, incoming), incoming, route.access)
      } catch (error) {
        return errorResponse(edge, error, kernel.logger)
      } finally {
        leave()
      }
    })
  }

  app.options('/v1/*', async (c) => {
    const edge: Edge = { requestId: nextId(), cors: {}, cookie: null }
    try {
      const site = await siteOfPreflight(kernel, findTarget, new URL(c.req.url))
      const headers = corsHeaders(incomingOf(c, false), site)
      return new Response(null, {
        status: 204,
        headers: { ...headers, ...(headers['access-control-allow-origin'] && preflightHeaders), vary: 'origin' },
      })
    } catch (error) {
      return errorResponse(edge, error, kernel.logger)
    }
  })

  app.get('/v1/health', () => Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } }))
  app.get('/v1/ready', async () => {
    const isReady = !options.isClosing() && (await answers(() => kernel.store.ping()))
    const headers = { 'cache-control': 'no-store', ...(!isReady && { 'retry-after': '2' }) }
    return Response.json({ status: isReady ? 'ready' : 'unavailable' }, { status: isReady ? 200 : 503, headers })
  })

  if (assets && options.serves({})) assetRoutes(app, assets)

  app.all('/v1/*', () =>
    errorResponse(
      { requestId: nextId(), cors: {}, cookie: null },
      new ConfabError('not_found', 'There is nothing at this address; see the reference of the HTTP interface'),
      kernel.logger,
    ),
  )
  return app
}

/** 421 means to any client that another server has the answer: RFC 9110, 15.5.20. */
function notServed(): ConfabError {
  return new ConfabError('not_served', 'Another process answers this here; send this path there')
}

function routeHandler(
  { kernel, findAddress, isClosing }: AppOptions,
  findTarget: FindTarget,
): (route: Route, c: Context, edge: Edge, incoming: Incoming) => Promise<Answer> {
  let warnedOfProxy = false

  function addressOf(incoming: Incoming): ClientAddress {
    const address = findAddress(incoming)
    if (address.proxied && !warnedOfProxy) {
      warnedOfProxy = true
      kernel.logger.warn('A proxy forwards requests but is not in `trustProxy`; limits by address are off', {})
    }
    return address
  }

  async function take(name: string, subject: string | null, rule: RateRule | false): Promise<void> {
    if (rule === false || subject === null) return
    const result = await kernel.limiter.take(`${name}:${subject}`, rule)
    if (result.ok) return
    const seconds = Math.max(1, Math.ceil(result.retryMs / 1000))
    throw new ConfabError('rate_limited', `That was too much at once; try again in ${seconds} seconds`, {
      details: { retryAfter: seconds },
      retryAfter: seconds,
    })
  }

  /** What an address asks for, remembered for a moment: busy pages are asked for by the same few addresses. */
  const asked = createLru<Asked>(5_000)

  async function ask(route: Route, c: Context, url: string, edge: Edge, incoming: Incoming): Promise<Asked> {
    const known = route.access === 'public' ? asked.get(url) : undefined
    if (known && kernel.clock.now() - known.at < askedMs) {
      edge.cors = corsHeaders(incoming, known.site)
      return known
    }
    const { searchParams } = new URL(url)
    const params: { readonly [name: string]: string } = c.req.param()
    // The site comes first, however wrong the rest is: only with its headers can the page read what is wrong.
    const named = params['site'] ?? searchParams.get('site')
    if (named !== null) edge.cors = corsHeaders(incoming, await kernel.findSite(named))
    const target = await findTarget(addressed(searchParams, params))
    const site = await siteOr404(kernel, target.site)
    if (named === null) edge.cors = corsHeaders(incoming, site)
    const query = parseQuery(route.query, searchParams, route.lists ?? [])
    const fresh: Asked = { at: kernel.clock.now(), target, site, query }
    if (route.access === 'public' && url.length <= maxAskedLength) asked.set(url, fresh)
    return fresh
  }

  return async (route, c, edge, incoming) => {
    const request = c.req.raw
    if (isClosing()) throw new ConfabError('unavailable', 'The server is restarting; try again', { retryAfter: 2 })
    const { target, site, query } = await ask(route, c, incoming.url, edge, incoming)

    const address = addressOf(incoming)
    if (route.method !== 'GET') checkWriteOrigin(incoming, site)
    // Writes as well: what is refused for its body or its author costs something too.
    await take('read', address.key, kernel.limits.read)

    const body = route.body ? await parseBody(route.body, request, incoming.bodyLength) : null
    const key = route.body ? idempotencyKey(incoming) : null

    const input: RouteRequest<unknown, unknown> = {
      request,
      params: c.req.param(),
      query,
      body,
      site,
      target,
      key,
      viewer: () => resolveViewer(kernel, site.id, request, readGuestCookie(incoming, site.id)),
      async keepGuest(guest) {
        edge.cookie = guestCookie(incoming, site.id, await issueGuestToken(kernel.signer, site.id, guest))
      },
      async limitWrites(viewerId) {
        await take('address', address.key && `${site.id}/${address.key}`, kernel.limits.address)
        if (viewerId !== '') await take('write', `${site.id}/${viewerId}`, kernel.limits.write)
      },
    }
    return route.run(input)
  }
}

/** The site and thread of an address, before its parameters are parsed as a whole. */
function addressed(
  query: URLSearchParams,
  params: { readonly [name: string]: string },
): { site: string | undefined; pageKey: string | undefined; thread: string | undefined } {
  const site = params['site'] ?? query.get('site') ?? undefined
  if (site !== undefined && !siteIdSchema.safeParse(site).success)
    throw invalid('site', 'must be 1 to 64 of a-z, 0-9, - and _')
  const thread = params['thread']
  const pageKey = thread === undefined ? null : query.get('pageKey')
  if (pageKey === null) return { site, pageKey: undefined, thread }
  const parsed = pageKeySchema.safeParse(pageKey)
  if (!parsed.success) throw invalid('pageKey', parsed.error.issues[0]?.message ?? 'is not a page key')
  return { site, pageKey: parsed.data, thread }
}

async function siteOr404(kernel: Kernel, id: string): Promise<SiteSettings> {
  const site = await kernel.findSite(id)
  if (!site) {
    throw new ConfabError('not_found', `There is no site ${JSON.stringify(id)} here`, {
      details: { fields: [{ field: 'site', message: 'is not known here' }] },
    })
  }
  return site
}

async function siteOfPreflight(kernel: Kernel, findTarget: FindTarget, url: URL): Promise<SiteSettings | null> {
  const [, thread] = /\/v1\/threads\/([^/]+)/.exec(url.pathname) ?? []
  const [, pathSite] = /\/v1\/sites\/([^/]+)/.exec(url.pathname) ?? []
  const params = { ...(thread !== undefined && { thread }), ...(pathSite !== undefined && { site: pathSite }) }
  const target = await findTarget(addressed(url.searchParams, params)).catch(() => null)
  return target && kernel.findSite(target.site)
}

/** @throws ConfabError `invalid` for a key that somebody else might guess */
function idempotencyKey(incoming: Incoming): string | null {
  const key = incoming.header('idempotency-key')
  return key === null ? null : parseInput(keySchema, key, 'Idempotency-Key')
}

/** Short, unique enough to find a line in a log, and made without randomness for each request. */
function requestIds(kernel: Kernel): () => string {
  let prefix: string | null = null
  let count = 0
  return () => {
    prefix ??= kernel.ids.secret(6)
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}

async function answers(ask: () => Promise<void>): Promise<boolean> {
  try {
    await ask()
    return true
  } catch {
    return false
  }
}
