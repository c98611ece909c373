import type { Confab } from '@confab/core'
import { threadId } from '@confab/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisPageCache } from './index.ts'
import type { RedisServer } from './redis.fixture.ts'
import { connect, missingRedis, ready, redisVersion, startRedis } from './redis.fixture.ts'
import { app, percentile, slowStore } from './stress.fixture.ts'

const missing = missingRedis()

interface Answers {
  readonly statuses: Map<number, number>
  readonly p99: number
  readonly wrong: number
}

/** Asks for pages over HTTP, some at once, for a while; every answer must show what was written by then. */
async function ask(
  apps: readonly Confab[],
  threads: readonly string[],
  written: () => number,
  ms: number,
): Promise<Answers> {
  const statuses = new Map<number, number>()
  const times: number[] = []
  let wrong = 0
  const endAt = performance.now() + ms
  const reader = async (seed: number): Promise<void> => {
    for (let n = seed; performance.now() < endAt; n += 1) {
      const url = `http://confab.test/v1/threads/${threads[n % threads.length]}/comments?site=blog&limit=20`
      const least = written()
      const begin = performance.now()
      const response = await apps[n % apps.length]?.fetch(new Request(url))
      times.push(performance.now() - begin)
      const status = response?.status ?? 0
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      const page = (await response?.json()) as { thread?: { comments: number } } | undefined
      if (!page?.thread || page.thread.comments < least) wrong += 1
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, seed) => reader(seed)))
  return { statuses, wrong, p99: percentile(times, 0.99) }
}

async function write(to: Confab | undefined, pageKey: string): Promise<void> {
  await to?.api.comments.create({ site: 'blog', pageKey, author: { id: 'w', name: 'W' }, body: 'A few words.' })
}

describe.runIf(missing === null)(`without Redis, redis-server ${redisVersion}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    await server.stop()
  })

  test.for<[string, () => Promise<void>]>([
    ['killed', () => server.kill()],
    ['standing still', async () => server.pause()],
  ])('%s: nothing wrong, no request fails, none waits for long', async ([name, end]) => {
    await server.restart()
    const clients = [await ready(connect(server.port)), await ready(connect(server.port))]
    const slow = slowStore(4)
    const apps = clients.map((client) => app(slow.store, redisPageCache(client, { settleMs: 300 })))
    const keys = ['/a', '/b', '/c', '/d']
    const threads = await Promise.all(keys.map((key) => threadId('blog', key)))
    let written = 0
    const writeEverywhere = async (): Promise<void> => {
      for (const [index, key] of keys.entries()) await write(apps[index % 2], key)
      written += 1
    }
    await writeEverywhere()

    const before = await ask(apps, threads, () => written, 1_500)
    await end()
    const during = ask(apps, threads, () => written, 3_000)
    for (let n = 0; n < 5; n += 1) await writeEverywhere()
    const gone = await during
    console.log(
      `Redis ${name}: p99 ${before.p99.toFixed(1)} ms before, ${gone.p99.toFixed(1)} ms without: ${(gone.p99 / before.p99).toFixed(2)} times`,
    )
    for (const answers of [before, gone]) {
      expect([...answers.statuses.keys()]).toEqual([200])
      expect(answers.wrong).toBe(0)
    }
    server.resume()
    for (const each of apps) await each.close()
    for (const client of clients) client.disconnect()
  })

  test('a strict cache refuses writes that it cannot announce, and nothing is written', async () => {
    await server.restart()
    const client = await ready(connect(server.port))
    const slow = slowStore(0)
    const confab = app(slow.store, redisPageCache(client, { strict: true, restMs: 100, settleMs: 0 }))
    await write(confab, '/strict')
    await server.kill()
    await expect(write(confab, '/strict')).rejects.toMatchObject({ code: 'unavailable', status: 503 })
    const page = await confab.api.comments.list({ site: 'blog', pageKey: '/strict' })
    expect(page.thread.comments).toBe(1)
    await server.restart()
    await expect.poll(() => write(confab, '/strict').then(() => 'written', String)).toBe('written')
    await confab.close()
    client.disconnect()
  })

  test('a process that dies between its commit and its word to Redis leaves nothing old behind', async () => {
    await server.restart()
    const client = await ready(connect(server.port))
    const { store } = slowStore(0)
    const dead = redisPageCache(client)
    const confab = app(store, redisPageCache(client))
    await confab.start()
    const read = async () => (await confab.api.comments.list({ site: 'blog', pageKey: '/died' })).thread.state
    await write(confab, '/died')
    expect(await read()).toBe('open')
    const target = { site: 'blog', thread: await threadId('blog', '/died'), key: '/died' }
    const key = `confab:c:{blog/${target.thread}}`
    await expect.poll(() => client.hget(key, 'v')).toBe('1')

    await dead.guard(target)
    const lock = { op: 'thread', set: { state: 'locked' }, by: 'w', at: Date.now() } as const
    await store.commit(target, [lock], { at: Date.now(), eventId: () => '0123456789abcdef' })
    expect(await read()).toBe('locked')
    // The mark of the dead process protects until another one has told what it could not.
    await expect.poll(() => client.hget(key, 'v'), { timeout: 8_000 }).toBe('2')
    expect(await read()).toBe('locked')
    await dead.close()
    await confab.close()
    client.disconnect()
  })

  test('5000 readers in a second on a cold page cost at most two reads of the store in each process', async () => {
    await server.restart()
    const clients = [await ready(connect(server.port)), await ready(connect(server.port))]
    const { store } = slowStore(20)
    const counts = [0, 0]
    const apps = clients.map((client, index) => {
      const counted = {
        ...store,
        page: (query: Parameters<typeof store.page>[0]) => {
          counts[index] = (counts[index] ?? 0) + 1
          return store.page(query)
        },
      }
      return app(counted, redisPageCache(client, { timeoutMs: 1_000 }), 1_000_000)
    })
    await write(apps[0], '/cold')
    const thread = await threadId('blog', '/cold')
    const url = `http://confab.test/v1/threads/${thread}/comments?site=blog`
    const begin = performance.now()
    const asked: Promise<number>[] = []
    for (let n = 0; n < 5_000; n += 1) {
      asked.push(Promise.resolve(apps[n % 2]?.fetch(new Request(url))).then((response) => response?.status ?? 0))
      if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 8))
    }
    const statuses = new Set(await Promise.all(asked))
    const seconds = (performance.now() - begin) / 1000
    console.log(`Stampede: 5000 requests in ${seconds.toFixed(2)} s read the store ${counts.join(' + ')} times`)
    expect(statuses).toEqual(new Set([200]))
    // A page in memory is looked up again each second, which costs the cache and not the store.
    for (const count of counts) expect(count).toBeLessThanOrEqual(2)
    for (const each of apps) await each.close()
    for (const client of clients) client.disconnect()
  })
})

test('says what ran', () => {
  expect(missing ?? redisVersion).toBeTruthy()
})
