import type { Limiter, Logger, PageCache, PubSub } from '@confab/core/ports'
import { systemClock } from '@confab/core'
import { memoryLimiter } from '@confab/core/memory'
import { loadDriver } from '../drivers.ts'

const redisUrl = /^rediss?:\/\/\S+$/
const severalUrl = /^redis\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^@/?#\s]+)(?:\/([^/?#\s]*))?$/
const mqttUrl = /^(?:mqtts?|wss?):\/\/\S+$/
/** An outage ends for all processes at nearly the same time, but not in the same moment. */
const retryMs = (times: number): number => Math.min(times * 50, 1000) * (0.5 + Math.random() / 2)

/** What is wrong with an address of a cache, in words that follow its name; `null` when nothing is. */
export function cacheUrlComplaint(value: string): string | null {
  const [, kind, , , name = ''] = severalUrl.exec(value) ?? []
  const isGood = kind === undefined ? redisUrl.test(value) && URL.canParse(value) : kind === 'cluster' || name !== ''
  return isGood
    ? null
    : 'must be redis://HOST, rediss://HOST, redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST'
}

/** What is wrong with an address of a bus, in words that follow its name; `null` when nothing is. */
export function busUrlComplaint(value: string): string | null {
  const isGood = (mqttUrl.test(value) && URL.canParse(value)) || cacheUrlComplaint(value) === null
  return isGood ? null : 'must be mqtt://HOST, mqtts://HOST, ws://HOST, wss://HOST or an address as for --cache'
}

/** What Redis gives to all processes. */
export interface SharedCache {
  readonly cache: PageCache
  readonly limiter: Limiter
  /** After Confab was closed. */
  close(): void
}

/** @throws ServerError `package_missing` */
export async function openCache(url: string, logger: Logger): Promise<SharedCache> {
  const { redisLimiter, redisPageCache } = await loadDriver('ioredis', () => import('@confab/adapters/redis'))
  const open = await redisOpener(url)
  const client = open()
  client.on('error', () => {})
  return {
    cache: redisPageCache(client, { logger, ...(severalUrl.test(url) ? { settleMs: 25_000 } : {}) }),
    limiter: redisLimiter(client, { fallback: memoryLimiter({ clock: systemClock }) }),
    close: () => client.disconnect(),
  }
}

/** @throws ServerError `package_missing` */
export async function openBus(url: string, logger: Logger): Promise<PubSub> {
  if (mqttUrl.test(url)) {
    const { mqttPubSub } = await loadDriver('mqtt', () => import('@confab/adapters/mqtt'))
    return mqttPubSub(url, { logger })
  }
  const { redisPubSub } = await loadDriver('ioredis', () => import('@confab/adapters/redis'))
  return redisPubSub(await redisOpener(url), { logger })
}

async function redisOpener(url: string) {
  const { Cluster, Redis } = await loadDriver('ioredis', () => import('ioredis'))
  const options = { retryStrategy: retryMs, enableAutoPipelining: true, connectTimeout: 2000 }
  const [, kind, login, hosts = '', name = ''] = severalUrl.exec(url) ?? []
  const { username, password } = loginOf(login)
  const credentials = { ...(username ? { username } : {}), ...(password ? { password } : {}) }
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6379))
  return () => {
    switch (kind) {
      case 'sentinel':
        return new Redis({ ...options, ...credentials, sentinels: nodes, name, sentinelRetryStrategy: retryMs })
      case 'cluster':
        return new Cluster(nodes, {
          slotsRefreshInterval: 5000,
          clusterRetryStrategy: retryMs,
          redisOptions: { ...credentials, connectTimeout: 2000 },
        })
      default:
        return new Redis(url, options)
    }
  }
}

function loginOf(text = ''): { readonly username: string; readonly password: string } {
  const at = text.indexOf(':')
  const [username, password] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function nodeOf(host: string, usualPort: number): { readonly host: string; readonly port: number } {
  const url = URL.parse(`redis://${host}`)
  return { host: url?.hostname.replace(/^\[|\]$/g, '') ?? host, port: Number(url?.port) || usualPort }
}
