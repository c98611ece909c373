import { randomUUID } from 'node:crypto'
import { memoryLimiter } from '@confab/core/memory'
import type { PageCache } from '@confab/core/ports'
import { limiterSuite, pageCacheSuite } from '@confab/core/testing'
import type { Redis } from 'ioredis'
import * as runner from 'vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisLimiter, redisPageCache } from './index.ts'
import type { RedisServer } from './redis.fixture.ts'
import { connect, missingRedis, ready, redisVersion, startRedis } from './redis.fixture.ts'

const missing = missingRedis()
const allow = { take: () => ({ ok: true }) as const }

describe.runIf(missing === null)(`redis-server ${redisVersion}`, () => {
  let server: RedisServer
  let client: Redis
  let other: Redis

  beforeAll(async () => {
    server = await startRedis()
    client = await ready(connect(server.port))
    other = await ready(connect(server.port))
  })

  afterAll(async () => {
    client.disconnect()
    other.disconnect()
    await server.stop()
  })

  // A prefix for each test is an empty place for each test.
  pageCacheSuite(runner, 'redis', {
    setup: async () => {
      const options = { prefix: `${randomUUID()}:`, timeoutMs: 1_000 }
      return { one: redisPageCache(client, options), two: redisPageCache(other, options) }
    },
  })

  limiterSuite(runner, 'redis', {
    setup: async (clock) => {
      const limiter = redisLimiter(client, { clock, prefix: `${randomUUID()}:`, fallback: allow, timeoutMs: 1_000 })
      return { limiter, teardown: async () => limiter.close() }
    },
  })

  describe('page cache', () => {
    const ref = { site: 'blog', thread: '0123456789abcdefghjk' }
    const options = () => ({ prefix: `${randomUUID()}:`, timeoutMs: 1_000 })
    const keyOf = (prefix: string): string => `${prefix}c:{blog/0123456789abcdefghjk}`
    const gzip = new TextEncoder().encode('page')

    async function fill(cache: PageCache, ver: number, page = 'p'): Promise<boolean> {
      const lease = await cache.lease(ref, page)
      return lease !== null && lease.fill({ ver, builtAt: 1, gzip })
    }

    test('what is not exactly what was stored is no page', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      await fill(cache, 1)
      const stored = await client.hgetBuffer(keyOf(prefix), 'p:p')
      if (!stored) throw new Error('Nothing was stored')
      const broken: Buffer[] = [Buffer.alloc(0), Buffer.from('{}'), stored.subarray(1), stored.subarray(0, -1)]
      for (let at = 0; at < stored.length; at += 1) {
        const bytes = Buffer.from(stored)
        bytes[at] = (bytes[at] ?? 0) ^ 0x10
        broken.push(bytes)
      }
      for (const bytes of broken) {
        await client.hset(keyOf(prefix), 'p:p', bytes)
        expect(await cache.get(ref, 'p')).toBe(null)
      }
      await client.hset(keyOf(prefix), 'p:p', stored)
      expect(await cache.get(ref, 'p')).toMatchObject({ ver: 1 })
    })

    test('a key that holds something else does not stop a write, and is a page again after it', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      for (const spoil of [
        () => client.set(keyOf(prefix), 'of somebody else'),
        () => client.hset(keyOf(prefix), 'v', 'no number', 'w', 'no marks', 'k:p', 'no lease'),
      ]) {
        await client.del(keyOf(prefix))
        await spoil()
        expect(await cache.get(ref, 'p')).toBe(null)
        const guard = await cache.guard(ref)
        await guard.done(4)
        expect(await fill(cache, 4)).toBe(true)
        expect(await cache.get(ref, 'p')).toMatchObject({ ver: 4 })
      }
    })

    test('a mark of a writer that died ends by itself', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      await fill(cache, 1)
      await client.hset(keyOf(prefix), 'w', `dead:${Date.now() - 1},alive:${Date.now() + 60_000}`)
      expect(await cache.get(ref, 'p')).toBe('writing')
      await client.hset(keyOf(prefix), 'w', `dead:${Date.now() - 1}`)
      expect(await cache.get(ref, 'p')).toMatchObject({ ver: 1 })
      expect(await client.hexists(keyOf(prefix), 'w')).toBe(0)
    })

    test('keeps at most 12 pages of a thread, none of an older version, and the newest always', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      const pages = async () => (await client.hkeys(keyOf(prefix))).filter((name) => name.startsWith('p:')).length
      for (let page = 0; page < 30; page += 1) {
        await fill(cache, 1, `page ${page}`)
        expect(await cache.get(ref, `page ${page}`)).toMatchObject({ ver: 1 })
      }
      expect(await pages()).toBe(12)
      await fill(cache, 2)
      expect(await pages()).toBe(1)
    })

    test('rights that nobody used do not grow without end', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      for (let page = 0; page < 100; page += 1) await cache.lease(ref, `page ${page}`)
      expect(await client.hlen(keyOf(prefix))).toBeLessThan(45)
      for (const name of await client.hkeys(keyOf(prefix))) await client.hset(keyOf(prefix), name, 'gone:1')
      expect(await fill(cache, 1)).toBe(true)
      expect(await client.hlen(keyOf(prefix))).toBe(2)
    })

    test('an idle thread leaves after ten minutes', async () => {
      const { prefix, ...rest } = options()
      const cache = redisPageCache(client, { prefix, ...rest })
      for (const step of [() => fill(cache, 1), async () => (await cache.guard(ref)).done(2), () => cache.guard(ref)]) {
        await step()
        expect(await client.pttl(keyOf(prefix))).toBeGreaterThan(590_000)
        await client.persist(keyOf(prefix))
      }
    })

    test('scripts that the server forgot are sent again', async () => {
      const cache = redisPageCache(client, options())
      await fill(cache, 1)
      await client.script('FLUSH')
      await (await cache.guard(ref)).done(2)
      expect(await fill(cache, 2)).toBe(true)
    })

    test('works behind a client with a prefix of its own, with pipelines, and with the older protocol', async () => {
      for (const options of [{ keyPrefix: 'host:' }, { enableAutoPipelining: true }, { protocol: 2 as const }]) {
        const own = await ready(connect(server.port, options))
        const cache = redisPageCache(own, { prefix: `${randomUUID()}:`, timeoutMs: 1_000 })
        expect(await fill(cache, 1)).toBe(true)
        expect(await cache.get(ref, 'p')).toMatchObject({ ver: 1 })
        await cache.close()
        expect(await own.ping()).toBe('PONG')
        own.disconnect()
      }
    })

    test('opens what it was told to make on first use, and closes that and nothing else', async () => {
      let made: Redis | null = null
      const cache = redisPageCache(() => (made = connect(server.port, { lazyConnect: true })), options())
      expect(made).toBe(null)
      await expect.poll(() => fill(cache, 1)).toBe(true)
      await cache.close()
      await expect.poll(() => made?.status).toBe('end')
      expect(await cache.get(ref, 'p')).toBe(null)
    })
  })

  describe('a Redis without room', () => {
    test('never leaves a page that is out of date', async () => {
      const full = await startRedis(['--maxmemory', '1', '--maxmemory-policy', 'noeviction'])
      const own = await ready(connect(full.port))
      try {
        const cache = redisPageCache(own, { timeoutMs: 1_000, settleMs: 0 })
        const ref = { site: 'blog', thread: 't' }
        await own.config('SET', 'maxmemory', '0')
        const lease = await cache.lease(ref, 'p')
        expect(await lease?.fill({ ver: 1, builtAt: 1, gzip: new Uint8Array(4) })).toBe(true)
        await own.config('SET', 'maxmemory', '1')
        const guard = await cache.guard(ref)
        await guard.done(2)
        await expect.poll(() => own.exists('confab:c:{blog/t}')).toBe(0)
        await cache.close()
      } finally {
        own.disconnect()
        await full.stop()
      }
    })
  })

  describe('limiter', () => {
    test('counts on the clock of Redis for all processes together', async () => {
      const prefix = `${randomUUID()}:`
      const limiters = [client, other].map((each) => redisLimiter(each, { prefix, fallback: allow, timeoutMs: 1_000 }))
      const rule = { burst: 10, perMs: 3_600_000 }
      const takes = Array.from({ length: 60 }, async (_, n) => limiters[n % 2]?.take('x', rule))
      const results = await Promise.all(takes)
      expect(results.filter((result) => result?.ok)).toHaveLength(10)
      const ttl = await client.pttl(`${prefix}rl:x`)
      expect(ttl).toBeGreaterThan(3_590_000)
      expect(ttl).toBeLessThanOrEqual(3_600_000)
    })

    test('asks its fallback while Redis is away, at once after the first time', async () => {
      const gone = await startRedis()
      const own = await ready(connect(gone.port))
      await gone.kill()
      const limiter = redisLimiter(own, { fallback: memoryLimiter({ clock: { now: () => 1_000 } }) })
      const rule = { burst: 3, perMs: 60_000 }
      const begin = performance.now()
      const results = []
      for (let n = 0; n < 100; n += 1) results.push(await limiter.take('x', rule))
      expect(results.filter((result) => result.ok)).toHaveLength(3)
      expect(performance.now() - begin).toBeLessThan(500)
      limiter.close()
      own.disconnect()
      await gone.stop()
    })
  })
})

test('says what ran', () => {
  expect(missing ?? redisVersion).toBeTruthy()
})
