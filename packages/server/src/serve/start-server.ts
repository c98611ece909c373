import { setTimeout as delay } from 'node:timers/promises'
import { createConfab, systemClock } from '@confab/core'
import type { Confab, ConfabConfig, ProcessRole } from '@confab/core'
import { directly } from '@confab/core/node'
import type { Logger, PubSub, Store } from '@confab/core/ports'
import { dataAt } from '../data/data.ts'
import type { Data } from '../data/data.ts'
import type { DataFolder } from '../data/folder.ts'
import { takeLock } from '../data/lock.ts'
import type { Lock } from '../data/lock.ts'
import { folderSecret } from '../data/secret.ts'
import { siteDirectory } from '../data/sites.ts'
import { ServerError } from '../errors.ts'
import { createPages, demoSite } from '../pages/pages.ts'
import { lingerMs, listen } from './listen.ts'
import type { Listener } from './listen.ts'
import { streamLogger } from './logger.ts'
import { openBus, openCache } from './shared-parts.ts'
import type { SharedCache } from './shared-parts.ts'
import { loadWidgetAssets } from './widget-assets.ts'

export interface ServerOptions {
  /** The folder that holds everything; made when missing. @default './confab-data' */
  readonly data?: string
  /**
   * A store that several servers share, such as `mongodb://host/confab`. It then holds everything: sites, secret and
   * conversations, and the folder is neither made nor read. @default the folder
   */
  readonly store?: string
  /** Pages and limits shared between servers: `redis://host`. @default each server keeps its own */
  readonly cache?: string
  /** Messages between servers: `mqtt://host`, or an address as for `cache`. @default none */
  readonly bus?: string
  /** The part of the work that this server does, as in `createConfab`. Needs a `store`. @default all */
  readonly roles?: readonly ProcessRole[]
  /** 0 takes any free one. @default 3000 */
  readonly port?: number
  /** Name or address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** Where readers reach the server, when that is not where it listens: `https://comments.example.org`. */
  readonly url?: string
  /** Proxies whose `X-Forwarded-For` is believed: addresses, CIDR ranges, or `loopback`. @default none */
  readonly trustProxy?: readonly string[]
  /** Serves two pages with a thread each, for the site `demo`. @default false */
  readonly demo?: boolean
  /** How much one may do, as in `createConfab`. @default the limits of `createConfab` */
  readonly limits?: ConfabConfig['limits']
  /** @default JSON lines on stderr, or lines for people when that is a terminal */
  readonly logger?: Logger
}

/** A server that answers requests. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Where readers reach it, without a final slash: the option `url`, or where it listens. */
  readonly publicUrl: string
  readonly port: number
  /** How many sites it serves. With none, nobody can comment yet. */
  readonly sites: number
  /**
   * Takes no new requests, lets the running ones end, tells live streams when to come back, and closes the database.
   * Takes at most some 6 s. A second call waits for the first.
   */
  close(): Promise<void>
}

/** Requests that came before the stop get this long for their answer. A long poll takes longer and is told to come again. */
const answerMs = 1000
/** Connections get this long to end. */
const graceMs = 5000

/**
 * Starts the standalone server, as `confab serve` does: comments in a SQLite file, the widget, and nothing else needed.
 *
 * @throws ServerError `data_locked`, `data_unusable`, `database_corrupt`, `database_newer`, `port_unavailable`,
 * `package_missing`, `store_unusable`
 *
 * @example
 * const server = await startServer({ data: './confab-data', port: 0, demo: true })
 * await fetch(`${server.url}/v1/ready`)
 * await server.close()
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const data = dataAt({ data: options.data ?? './confab-data', store: options.store })
  if (data.folder === null) return startLocked(data, null, options)
  data.create()
  const lock = takeServeLock(data.folder)
  try {
    return await startLocked(data, lock, options)
  } catch (error) {
    lock.release()
    throw error
  }
}

function takeServeLock(folder: DataFolder): Lock {
  const lock = takeLock(folder, folder.serveLock)
  if (lock !== null) return lock
  throw new ServerError(
    'data_locked',
    `Another "confab serve" uses the data folder ${folder.path}: stop it, or name another folder with --data.`,
  )
}

async function startLocked(data: Data, lock: Lock | null, options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', demo = false } = options
  const logger = options.logger ?? streamLogger(process.stderr)
  const assets = await loadWidgetAssets()
  if (assets === null) logger.warn('The widget is not built, so its script is missing: build the workspace first')

  // Servers that share a store also share the secret that Confab itself keeps there.
  const secret = data.folder === null ? null : folderSecret(data.folder)
  const { store, cache, bus } = await openParts(data, options, logger)
  const sites = siteDirectory(store, systemClock)
  let confab: Confab | null = null
  let listener: Listener | null = null
  try {
    confab = createConfab({
      store,
      sites: sites.find,
      logger,
      ...(secret === null ? {} : { secret }),
      ...(cache === null ? {} : { cache: cache.cache, limiter: cache.limiter }),
      ...(bus === null ? {} : { bus }),
      ...(options.roles === undefined ? {} : { roles: options.roles }),
      ...(assets === null ? {} : { assets }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
    })
    const requests = countedRequests(confab.fetch)
    await confab.start()
    const pages = createPages({ demo, hasWidget: assets !== null, publicUrl: () => publicUrl })
    let publicUrl = ''
    listener = await listen((request, env) => pages(request) ?? requests.fetch(request, env), {
      host,
      port: options.port ?? 3000,
    })
    const url = `http://${urlHost(host)}:${listener.port}`
    publicUrl = (options.url ?? url).replace(/\/+$/, '')
    if (demo) await sites.put({ id: demoSite, origins: [new URL(publicUrl).origin] })
    const closing = closeOnce(confab, listener, requests, () => {
      cache?.close()
      lock?.release()
    })
    return { url, publicUrl, port: listener.port, sites: (await sites.list()).length, close: closing }
  } catch (error) {
    await listener?.close(0)
    await (confab ?? store).close()
    if (confab === null) await bus?.close()
    cache?.close()
    throw error
  }
}

interface Parts {
  readonly store: Store
  readonly cache: SharedCache | null
  readonly bus: PubSub | null
}

/** The drivers come first: a package that is missing is known before anything is opened. */
async function openParts(data: Data, options: ServerOptions, logger: Logger): Promise<Parts> {
  const cache = options.cache === undefined ? null : await openCache(options.cache, logger)
  try {
    const bus = options.bus === undefined ? null : await openBus(options.bus, logger)
    return { cache, bus, store: await data.open() }
  } catch (error) {
    cache?.close()
    throw error
  }
}

function closeOnce(
  confab: Confab,
  listener: Listener,
  requests: CountedRequests,
  release: () => void,
): () => Promise<void> {
  let closed: Promise<void> | null = null
  const close = async (): Promise<void> => {
    const connections = listener.close(graceMs)
    // Confab refuses requests from its `close` on. Those that are here, or on their way, still get their answer.
    await Promise.race([connections, delay(lingerMs)])
    await requests.idle(answerMs)
    // Ends the live streams, without which their connections would stay.
    await confab.close()
    await connections
    release()
  }
  return () => (closed ??= close())
}

interface CountedRequests {
  readonly fetch: (request: Request, env: object) => Promise<Response>
  /** Resolves when no request waits for its answer, or after `limitMs`. An open stream has its answer. */
  idle(limitMs: number): Promise<void>
}

function countedRequests(fetch: Confab['fetch']): CountedRequests {
  let waiting = 0
  let onIdle = (): void => {}
  return {
    async fetch(request, env) {
      waiting += 1
      try {
        return await fetch(request, directly(env))
      } finally {
        waiting -= 1
        if (waiting === 0) onIdle()
      }
    },
    idle: (limitMs) =>
      new Promise((resolve) => {
        if (waiting === 0) return resolve()
        const timer = setTimeout(resolve, limitMs)
        onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}

/** A host as it stands in an address. Listening on all addresses includes this machine's own. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
