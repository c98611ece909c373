import type { Ms, PageBody, PageCache, ThreadRef, WriteGuard } from '@confab/core/ports'
import { createAnnouncer } from './announcer.ts'
import type { RedisClient, RedisSource } from './client.ts'
import type { LinkOptions } from './link.ts'
import { createLink } from './link.ts'
import { decodeBody, encodeBody } from './page-body.ts'
import { beginWrite, fillPage, isWriting, runScript, takeLease } from './scripts.ts'

const keyLifeMs: Ms = 10 * 60_000
const markLifeMs: Ms = 10_000
const leaseLifeMs: Ms = 3_000
/** Pages of one thread that are kept at once. */
const maxPages = 12

export interface RedisPageCacheOptions extends LinkOptions {
  /** In front of every key. @default 'confab:' */
  readonly prefix?: string
  /**
   * Refuses a write when Redis cannot be told about it beforehand. Without it a reader whose process still reaches Redis
   * while the writer's does not may see a page of up to 60 s ago. @default false
   */
  readonly strict?: boolean
}

/**
 * Finished pages in Redis 5 or later, Valkey, or a Cluster of them; by the protocol of `docs/internals/cache.md`. One
 * hash for each thread, some 11 kB for a page of 80 comments. Redis may evict, flush, restart or go away at any time:
 * pages then come from the store, and no call ever takes longer than `timeoutMs` or rejects, except `guard` with `strict`.
 *
 * @param client an ioredis client of yours, which you close, or a function that makes one, which `close` ends
 *
 * @example
 * const cache = redisPageCache(() => new Redis('redis://127.0.0.1:6379'))
 * const confab = createConfab({ store, sites, cache })
 */
export function redisPageCache(client: RedisSource, options: RedisPageCacheOptions = {}): PageCache {
  const { prefix = 'confab:', strict = false } = options
  const link = createLink(client, options)
  const announcer = createAnnouncer(link, keyLifeMs)
  const nextToken = tokens()

  // The braces make all keys of a thread one slot of a Cluster.
  const keyOf = (ref: ThreadRef): string => `${prefix}c:{${ref.site}/${ref.thread}}`

  async function read(redis: RedisClient, key: string, page: string): Promise<PageBody | 'writing' | null> {
    const [version, marks, bytes] = await redis.hmgetBuffer(key, 'v', 'w', `p:${page}`)
    if (marks && (await runScript(redis, isWriting, key)) === 1) return 'writing'
    const body = bytes ? decodeBody(bytes) : null
    return body && version && body.ver === Number(version.toString()) ? body : null
  }

  return {
    async get(ref, page) {
      const outcome = await link.askTrusted((redis) => read(redis, keyOf(ref), page))
      return outcome.ok ? outcome.value : null
    },

    async lease(ref, page) {
      const key = keyOf(ref)
      const token = nextToken()
      const taken = await link.askTrusted((redis) =>
        runScript(redis, takeLease, key, page, token.text, String(leaseLifeMs), String(keyLifeMs)),
      )
      if (!taken.ok) return { fill: () => Promise.resolve(false) }
      if (taken.value !== 1) return null
      return {
        async fill(body) {
          const args = [page, token.text, String(body.ver), encodeBody(body), String(maxPages)]
          const filled = await link.ask((redis) =>
            runScript(redis, fillPage, key, ...args, String(token.number), String(keyLifeMs)),
          )
          return filled.ok && filled.value === 1
        },
      }
    },

    async guard(ref): Promise<WriteGuard> {
      const key = keyOf(ref)
      const token = nextToken()
      const marked = await link.ask((redis) =>
        runScript(redis, beginWrite, key, token.text, String(markLifeMs), String(keyLifeMs)),
      )
      if (!marked.ok && strict) {
        throw Object.assign(new Error('Redis cannot be told about this write', { cause: marked.error }), {
          code: 'cache_unavailable',
        })
      }
      return {
        done: (ver) => announcer.announce(key, token.text, ver),
        abort: () => announcer.announce(key, token.text, 0),
      }
    },

    async close() {
      await announcer.close()
      link.close()
    },
  }
}

/** Unlike those of any other process, and cheap. */
function tokens(): () => { readonly text: string; readonly number: number } {
  const process = crypto.randomUUID()
  let number = 0
  return () => {
    number += 1
    return { text: `${process}.${number.toString(36)}`, number }
  }
}
