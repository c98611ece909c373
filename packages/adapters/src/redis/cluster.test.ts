import { randomUUID } from 'node:crypto'
import { pageCacheSuite } from '@confab/core/testing'
import { Cluster } from 'ioredis'
import * as runner from 'vitest'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { redisLimiter, redisPageCache } from './index.ts'
import type { RedisServer } from './redis.fixture.ts'
import { missingRedis, ready, redisVersion, startCluster } from './redis.fixture.ts'
import { app, slowStore, stress } from './stress.fixture.ts'

const missing = missingRedis()
/** After so long without a word a master counts as dead. */
const nodeTimeoutMs = 1_000
/** Longer than a failover takes. */
const settleMs = 3_000

describe.runIf(missing === null)(`a Cluster of three masters with replicas, redis-server ${redisVersion}`, () => {
  let servers: RedisServer[] = []
  const clients: Cluster[] = []

  async function connectCluster(): Promise<Cluster> {
    const nodes = servers.map((server) => ({ host: '127.0.0.1', port: server.port }))
    const client = new Cluster(nodes, { slotsRefreshInterval: 1_000, redisOptions: { connectTimeout: 1_000 } })
    client.on('error', () => undefined)
    clients.push(client)
    return ready(client)
  }

  beforeAll(async () => {
    servers = await startCluster(nodeTimeoutMs)
    await connectCluster()
    await connectCluster()
    await vi.waitFor(() => expect(client(0).nodes('slave')).toHaveLength(3), { timeout: 10_000 })
  }, 60_000)

  afterAll(async () => {
    for (const client of clients) client.disconnect()
    for (const server of servers) await server.stop()
  })

  function client(index: number): Cluster {
    const found = clients[index]
    if (!found) throw new Error('There are two clients')
    return found
  }

  pageCacheSuite(runner, 'redis cluster', {
    setup: async () => {
      const options = { prefix: `${randomUUID()}:`, timeoutMs: 1_000 }
      return { one: redisPageCache(client(0), options), two: redisPageCache(client(1), options) }
    },
  })

  test('rate limits count over all nodes', async () => {
    const options = { prefix: `${randomUUID()}:`, timeoutMs: 1_000, fallback: { take: () => ({ ok: true }) as const } }
    const limiters = [redisLimiter(client(0), options), redisLimiter(client(1), options)]
    const rule = { burst: 3, perMs: 60_000 }
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const results = await Promise.all(Array.from({ length: 10 }, async (_, n) => limiters[n % 2]?.take(key, rule)))
      expect(results.filter((result) => result?.ok)).toHaveLength(3)
    }
  })

  test('a master is killed under load: no read is stale, none fails, and the cache comes back', async () => {
    const slow = slowStore(4)
    const options = { settleMs, restMs: 500, timeoutMs: 100 }
    const apps = clients.map((each) => app(slow.store, redisPageCache(each, options)))
    const running = stress(apps, { ms: 9_000, readers: 12, writers: 4, threads: 12 })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const killedAt = performance.now()
    await servers[0]?.kill()
    // Keys of every node can be written again.
    const keys = Array.from({ length: 30 }, (_, n) => `probe ${n}`)
    const writeAll = () => Promise.all(keys.map((key) => client(0).set(key, '1')))
    await expect
      .poll(
        () =>
          writeAll().then(
            () => true,
            () => false,
          ),
        { timeout: 12_000 },
      )
      .toBe(true)
    const failoverMs = performance.now() - killedAt

    const result = await running
    const readsOfStore = slow.reads()
    console.log(
      `A master killed: failover after ${(failoverMs / 1000).toFixed(1)} s; ${result.reads} reads, ${readsOfStore} of them ` +
        `of the store, ${result.writes} writes, ${result.stale} stale (for ${result.staleForMs.toFixed(0)} ms at most), ` +
        `${result.failed} failed, p99 ${result.p99.toFixed(1)} ms`,
    )
    expect(result).toMatchObject({ stale: 0, failed: 0 })

    // Answers come from the cache again once it has settled.
    await expect
      .poll(
        async () => {
          const before = slow.reads()
          const after = await stress(apps, { ms: 500, readers: 12, writers: 1, threads: 4 })
          expect(after).toMatchObject({ stale: 0, failed: 0 })
          return (slow.reads() - before) / after.reads
        },
        { timeout: 15_000 },
      )
      .toBeLessThan(0.5)
    for (const each of apps) await each.close()
  }, 40_000)
})

test('says what ran', () => {
  expect(missing ?? redisVersion).toBeTruthy()
})
