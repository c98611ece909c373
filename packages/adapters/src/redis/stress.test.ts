import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RedisClient } from './index.ts'
import { redisPageCache } from './index.ts'
import type { RedisServer } from './redis.fixture.ts'
import { connect, missingRedis, ready, redisVersion, startRedis } from './redis.fixture.ts'
import type { StressResult } from './stress.fixture.ts'
import { app, slowStore, stress } from './stress.fixture.ts'

const missing = missingRedis()
const load = { ms: 3_000, readers: 24, writers: 4 }
// A call that a busy machine delays counts as a fault, and the promise is about one fault at a time: so they are generous.
const waits = { timeoutMs: 500, restMs: 150, settleMs: 2_000 }

describe.runIf(missing === null)(`pages under faults, redis-server ${redisVersion}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    await server.stop()
  })

  /** Two processes over one store and one Redis, while `disturb` runs now and then. */
  async function run(
    disturb: (client: Redis) => Promise<void>,
    everyMs: number,
    wrap: (client: Redis) => RedisClient = (client) => client,
  ): Promise<StressResult & { hits: number }> {
    // One of them is always later to come back.
    const retries = [50, 250].map((pause) => connect(server.port, { retryStrategy: () => pause }))
    const clients = await Promise.all(retries.map((client) => ready(client)))
    const hand = await ready(connect(server.port))
    const slow = slowStore(4)
    const caches = clients.map((client) => redisPageCache(wrap(client), waits))
    const apps = caches.map((cache) => app(slow.store, cache))
    let over = false
    const disturbing = (async () => {
      while (!over) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2 * everyMs))
        await disturb(hand).catch(() => undefined)
      }
    })()
    const result = await stress(apps, load)
    over = true
    await disturbing
    for (const each of apps) await each.close()
    for (const client of [...clients, hand]) client.disconnect()
    return { ...result, hits: result.reads - slow.reads() }
  }

  function report(name: string, result: StressResult & { hits: number }): void {
    const { reads, hits, writes, stale, failed, p99 } = result
    const share = Math.round((100 * Math.max(0, hits)) / reads)
    console.log(
      `${name}: ${reads} reads (${share} % without the store), ${writes} writes, ${stale} stale, ${failed} failed, p99 ${p99.toFixed(1)} ms`,
    )
  }

  test.for<[name: string, everyMs: number, disturb: (client: Redis) => Promise<unknown>]>([
    ['no fault', 1_000, async () => undefined],
    ['a random thread evicted every 2 ms', 2, evictOne],
    ['everything flushed every 30 ms', 30, (client) => client.flushall()],
    ['scripts forgotten every 50 ms', 50, (client) => client.script('FLUSH')],
  ])('%s', async ([name, everyMs, disturb]) => {
    const result = await run(async (client) => void (await disturb(client)), everyMs)
    report(name, result)
    expect(result).toMatchObject({ stale: 0, failed: 0 })
    expect(result.hits).toBeGreaterThan(result.reads / 10)
  })

  test('every hundredth call is lost, before or after it was done', async () => {
    const result = await run(async () => undefined, 1_000, lossy)
    report('lost calls', result)
    expect(result).toMatchObject({ stale: 0, failed: 0 })
    expect(result.hits).toBeGreaterThan(100)
  })

  test('Redis stands still for moments', async () => {
    const pause = async (): Promise<void> => {
      server.pause()
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 380))
      server.resume()
    }
    const result = await run(pause, 500)
    report('pauses of 20 to 400 ms', result)
    expect(result).toMatchObject({ stale: 0, failed: 0 })
    expect(result.hits).toBeGreaterThan(100)
  })

  test('Redis is killed and comes back empty', async () => {
    const result = await run(() => server.restart(), 700)
    report('restarts', result)
    expect(result).toMatchObject({ stale: 0, failed: 0 })
    expect(result.hits).toBeGreaterThan(100)
  })
})

async function evictOne(client: Redis): Promise<void> {
  const key = await client.randomkey()
  if (key !== null) await client.del(key)
}

/** Now and then no answer comes: half of these calls never arrive, the other half was done. Never two in a row. */
function lossy(client: Redis): RedisClient {
  let calls = Math.floor(Math.random() * 100)
  const lose = <T>(call: () => Promise<T>): Promise<T> => {
    calls += 1
    if (calls % 100 !== 0) return call()
    if (Math.random() < 0.5) void call().catch(() => undefined)
    return new Promise<T>(() => {})
  }
  return {
    get status() {
      return client.status
    },
    isCluster: false,
    connect: () => client.connect(),
    hmgetBuffer: (key, ...fields) => lose(() => client.hmgetBuffer(key, ...fields)),
    evalsha: (sha, keys, ...args) => lose(() => client.evalsha(sha, keys, ...args)),
    eval: (script, keys, ...args) => lose(() => client.eval(script, keys, ...args)),
    del: (key) => lose(() => client.del(key)),
    on: (event, listener) => client.on(event, listener),
    off: (event, listener) => client.off(event, listener),
    disconnect: () => client.disconnect(),
  }
}
