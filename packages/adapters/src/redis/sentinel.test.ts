import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { redisPageCache } from './index.ts'
import { missingRedis, ready, redisVersion, startWatched } from './redis.fixture.ts'
import { app, slowStore, stress } from './stress.fixture.ts'

const missing = missingRedis()

test.runIf(missing === null)(
  'a master behind Sentinel is killed under load: no read is stale, none fails',
  async () => {
    const watched = await startWatched('pages')
    onTestFinished(() => watched.stop())
    const sentinels = [{ host: '127.0.0.1', port: watched.sentinelPort }]
    const open = () => {
      const client = new Redis({ sentinels, name: 'pages', retryStrategy: () => 200, sentinelRetryStrategy: () => 100 })
      client.on('error', () => undefined)
      return ready(client)
    }
    const clients = [await open(), await open()]
    // Sentinel learns of the replica from the master.
    await expect.poll(() => clients[0]?.info('replication'), { timeout: 15_000 }).toContain('state=online')
    const slow = slowStore(4)
    const apps = clients.map((each) =>
      app(slow.store, redisPageCache(each, { settleMs: 2_000, restMs: 300, timeoutMs: 100 })),
    )
    const running = stress(apps, { ms: 8_000, readers: 12, writers: 4 })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const killedAt = performance.now()
    await watched.master.kill()
    await expect.poll(() => clients.map((each) => each.status), { timeout: 10_000 }).toEqual(['ready', 'ready'])
    await expect.poll(() => clients[0]?.set('probe', '1').catch(String), { timeout: 10_000 }).toBe('OK')
    const failoverMs = performance.now() - killedAt
    const result = await running
    console.log(
      `Sentinel, Redis ${redisVersion}: failover after ${(failoverMs / 1000).toFixed(1)} s; ${result.reads} reads, ` +
        `${slow.reads()} of them of the store, ${result.writes} writes, ${result.stale} stale, ${result.failed} failed`,
    )
    expect(result).toMatchObject({ stale: 0, failed: 0 })
    for (const each of apps) await each.close()
    for (const client of clients) client.disconnect()
  },
  40_000,
)

test('says what ran', () => {
  expect(missing ?? redisVersion).toBeTruthy()
})
