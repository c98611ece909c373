import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { mongodb } from '@confab/adapters/mongodb'
import { threadId } from '@confab/core'
import type { Store } from '@confab/core/ports'
import { startServer as startMongodb } from '../../../adapters/src/mongodb/testing/server.fixture.ts'
import { missingMosquitto, startMosquitto } from '../../../adapters/src/mqtt/broker.fixture.ts'
import { missingRedis, startRedis } from '../../../adapters/src/redis/redis.fixture.ts'
import { runConfab } from '../server.fixture.ts'
import { createBalancer, startMember } from './cluster.fixture.ts'
import type { Balancer, Member } from './cluster.fixture.ts'
import { openPage } from './reader-stream.fixture.ts'

const missing = [missingRedis(), missingMosquitto()].filter((line) => line !== null)
/** More by hand: `CONFAB_ROUNDS=5`. */
const rounds = Number(process.env['CONFAB_ROUNDS'] ?? 1)
const origin = 'https://blog.example'
const pageKeys = ['/a', '/b', '/c', '/d', '/e', '/f']
/** Memory of another process may lag by 1 s; the rest is the time of this busy machine to look at the clock. */
const lagMs = 1_500

interface Acknowledged {
  readonly pageKey: string
  readonly id: string
  readonly text: string
  readonly ver: number
  readonly at: number
}

const inDatabase = (url: string, name: string): string => url.replace(/^([^/]+\/\/[^/?]+)\/?[^?]*/, `$1/${name}`)
/** What the example says, without what a test has to choose itself. */
function settings(file: string, own: RegExp): string[] {
  const text = readFileSync(join(import.meta.dirname, '../../../../examples/full-stack', file), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !own.test(line))
}
const startExampleRedis = (): ReturnType<typeof startRedis> =>
  startRedis(settings('redis.conf', /^bind /).flatMap((line) => `--${line}`.replaceAll('"', '').split(' ')))
const startExampleBroker = (): ReturnType<typeof startMosquitto> =>
  startMosquitto(() => settings('mosquitto.conf', /^(?:listener|persistence) /).join('\n'))

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function createLoad(balancer: Balancer) {
  const acknowledged: Acknowledged[] = []
  const failures: string[] = []
  const stale: string[] = []
  const counts = { reads: 0, marked: 0, repeated: 0 }
  let phase = 'start'
  let over = false
  let texts = 0

  const floorOf = (pageKey: string, before: number): number =>
    acknowledged.reduce((ver, one) => (one.pageKey === pageKey && one.at <= before ? Math.max(ver, one.ver) : ver), 0)

  async function write(): Promise<void> {
    while (!over) {
      const pageKey = pageKeys[Math.floor(Math.random() * pageKeys.length)] ?? '/a'
      const text = `Text number ${(texts += 1)}.`
      const key = crypto.randomUUID()
      for (let tries = 0; ; tries += 1) {
        const problem = await post(pageKey, text, key).catch((error: unknown) => String(error))
        if (problem === null) break
        failures.push(`${phase}: POST ${problem}`)
        counts.repeated += 1
        if (tries > 200) throw new Error(`A comment is not taken: ${problem}`)
        await sleep(100)
      }
      await sleep(25)
    }
  }

  async function post(pageKey: string, text: string, key: string): Promise<string | null> {
    const {
      status,
      headers,
      text: answer,
    } = await balancer.send('POST', `/v1/threads/-/comments?${new URLSearchParams({ site: 'blog', pageKey })}`, {
      headers: { origin, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ body: text, guest: { name: 'Guest' } }),
    })
    if (status !== 201 && status !== 200) return `${status} ${answer}`
    const { id } = JSON.parse(answer) as { id: string }
    acknowledged.push({ pageKey, id, text, ver: Number(headers['confab-ver']), at: performance.now() })
    return null
  }

  async function read(): Promise<void> {
    while (!over) {
      const pageKey = pageKeys[Math.floor(Math.random() * pageKeys.length)] ?? '/a'
      const begin = performance.now()
      const carriesMin = Math.random() < 0.5
      const floor = floorOf(pageKey, carriesMin ? begin : begin - lagMs)
      const query = new URLSearchParams({ site: 'blog', pageKey, ...(carriesMin && { min: String(floor) }) })
      try {
        const { status, headers, text } = await balancer.send('GET', `/v1/threads/-/comments?${query}`)
        counts.reads += 1
        const { thread } = JSON.parse(text) as { thread?: { ver: number } }
        if (status !== 200) failures.push(`${phase}: GET ${status} ${text}`)
        else if (headers['confab-stale'] !== undefined) counts.marked += 1
        else if ((thread?.ver ?? 0) < floor)
          stale.push(`${phase}: ${thread?.ver} < ${floor}${carriesMin ? ' min' : ''}`)
      } catch (error) {
        failures.push(`${phase}: GET ${String(error)}`)
      }
      await sleep(25)
    }
  }

  const running = [write(), write(), write(), write(), read(), read(), read(), read()]
  return {
    acknowledged,
    failures,
    stale,
    counts,
    enter(name: string) {
      phase = name
    },
    async stop() {
      over = true
      await Promise.all(running)
    },
  }
}

/** Everything that is stored, by page. */
async function storedTexts(store: Store): Promise<Map<string, { id: string; source: string }[]>> {
  const found = new Map<string, { id: string; source: string }[]>()
  for (const pageKey of pageKeys) {
    const ref = { site: 'blog', thread: await threadId('blog', pageKey) }
    const rows: { id: string; source: string }[] = []
    for (;;) {
      const after = rows.at(-1)?.id
      const part = await store.scan(ref, { limit: 200, ...(after === undefined ? {} : { after }) })
      if (part.length === 0) break
      rows.push(...part.map(({ id, source }) => ({ id, source })))
    }
    found.set(pageKey, rows)
  }
  return found
}

describe.runIf(missing.length === 0)('three servers on one store', () => {
  it(
    'lose nothing, double nothing and show nothing old while one of each kind is killed and all are rolled',
    async () => {
      const [mongo, redis, broker] = await Promise.all([
        startMongodb(3, { transactionLifeMs: 5_000 }),
        startExampleRedis(),
        startExampleBroker(),
      ])
      onTestFinished(async () => {
        await Promise.all([mongo.stop(), redis.stop(), broker.stop()])
      })
      const database = `confab_many_${process.pid}`
      const storeUrl = inDatabase(mongo.url, database)
      const args = ['--store', storeUrl, '--cache', `redis://127.0.0.1:${redis.port}`, '--bus', broker.url]
      expect(await runConfab(['site', 'add', 'blog', '--origin', origin, '--store', storeUrl])).toMatchObject({
        code: 0,
      })

      const start = (): Promise<Member> => startMember([...args, '--trust-proxy', 'loopback'])
      const members = await Promise.all([start(), start(), start()])
      const urls = members.map(({ url }) => url)
      const balancer = createBalancer(urls)
      onTestFinished(() => balancer.close())
      const pages = pageKeys.flatMap((pageKey, i) => [0, 1].map((n) => openPage(urls, 'blog', pageKey, i + n)))
      onTestFinished(() => {
        for (const page of pages) page.close()
      })

      const load = createLoad(balancer)
      const acknowledgedMore = async (count = 20): Promise<void> => {
        const before = load.acknowledged.length
        await vi.waitFor(() => expect(load.acknowledged.length).toBeGreaterThan(before + count), {
          timeout: 90_000,
          interval: 50,
        })
      }
      await acknowledgedMore()

      /** A server that dies in a transaction holds its thread until MongoDB ends that by itself. */
      const everyPageTakes = async (): Promise<void> => {
        const since = performance.now()
        await vi.waitFor(
          () => {
            const taken = load.acknowledged.filter(({ at }) => at > since).map(({ pageKey }) => pageKey)
            expect(new Set(taken).size).toBe(pageKeys.length)
          },
          { timeout: 90_000, interval: 50 },
        )
      }
      for (let round = 0; round < rounds; round += 1) await disturb()

      async function disturb(): Promise<void> {
        load.enter('server killed')
        const [victim] = members
        await victim?.kill()
        await acknowledgedMore()
        await everyPageTakes()
        await victim?.restart()
        load.enter('redis killed')
        await redis.kill()
        await acknowledgedMore()
        await redis.restart()
        await acknowledgedMore()
        load.enter('broker killed')
        await broker.kill()
        await acknowledgedMore()
        await broker.restart()
        await acknowledgedMore()
        load.enter('primary killed')
        await (mongo.killPrimary ?? mongo.stepDown)?.()
        await acknowledgedMore()
        await everyPageTakes()
        load.enter('rolling')
        for (const member of members) {
          expect(await member.roll()).toBe(0)
          await acknowledgedMore(5)
        }
      }
      load.enter('end')
      await acknowledgedMore()
      await load.stop()

      const store = mongodb(storeUrl, { database })
      onTestFinished(() => store.close())
      const stored = await storedTexts(store)
      const ids = new Set([...stored.values()].flat().map(({ id }) => id))
      const texts = [...stored.values()].flat().map(({ source }) => source)
      const lost = load.acknowledged.filter(({ id }) => !ids.has(id))
      const doubled = texts.length - new Set(texts).size
      const incomplete = (): string[] =>
        pages.flatMap(({ pageKey, seen }) =>
          (stored.get(pageKey) ?? []).filter(({ id }) => !seen.has(id)).map(({ source }) => `${pageKey} ${source}`),
        )
      await vi
        .waitFor(() => expect(incomplete()).toEqual([]), { timeout: 10_000, interval: 100 })
        .catch(() => undefined)

      const sum = (count: 'connects' | 'gaps' | 'resets'): number =>
        pages.reduce((total, { counts }) => total + counts[count], 0)
      const failed = Object.entries(Object.groupBy(load.failures, (line) => line.split(':')[0] ?? ''))
      console.log(
        `${load.acknowledged.length} comments, ${load.counts.reads} reads, ${pages.length} open pages: ` +
          `lost ${lost.length}, doubled ${doubled}, stale ${load.stale.length}, marked as old ${load.counts.marked}; ` +
          `failed requests: ${failed.map(([phase, lines]) => `${phase} ${lines?.length ?? 0}`).join(', ') || 'none'}; ` +
          `streams connected ${sum('connects')} times, closed ${sum('gaps')} gaps, loaded anew ${sum('resets')} times`,
      )
      expect(lost).toEqual([])
      expect(incomplete()).toEqual([])
      expect(doubled).toBe(0)
      expect(load.stale).toEqual([])
      // A process that is killed takes with it what it was doing; everything else is nobody's to notice.
      expect(load.failures.filter((line) => !/^(?:server|primary) killed/.test(line))).toEqual([])
    },
    60_000 + rounds * 180_000,
  )
})

describe.runIf(missing.length === 0)('servers that share a store', () => {
  it('know the guests of each other, and each does its part of the work', async () => {
    const [mongo, redis, broker] = await Promise.all([startMongodb(), startExampleRedis(), startExampleBroker()])
    onTestFinished(async () => {
      await Promise.all([mongo.stop(), redis.stop(), broker.stop()])
    })
    const storeUrl = inDatabase(mongo.url, `confab_roles_${process.pid}`)
    const args = ['--store', storeUrl, '--cache', `redis://127.0.0.1:${redis.port}`, '--bus', broker.url]
    await runConfab(['site', 'add', 'blog', '--origin', origin, '--store', storeUrl])
    const [web, all, live, jobs] = await Promise.all([
      startMember([...args, '--role', 'web']),
      startMember(args),
      startMember([...args, '--role', 'live']),
      startMember([...args, '--role', 'jobs']),
    ])

    const place = new URLSearchParams({ site: 'blog', pageKey: '/' }).toString()
    const statusOf = async (member: Member, path: string): Promise<number> => {
      const response = await fetch(member.url + path)
      await response.body?.cancel()
      return response.status
    }
    const paths = ['/v1/ready', `/v1/threads/-/comments?${place}`, `/v1/threads/-/events?${place}&after=0&wait=0`]
    const statuses = (member: Member): Promise<number[]> => Promise.all(paths.map((path) => statusOf(member, path)))
    expect(await statuses(web)).toEqual([200, 200, 421])
    expect(await statuses(all)).toEqual([200, 200, 200])
    expect(await statuses(live)).toEqual([200, 421, 200])
    expect(await statuses(jobs)).toEqual([200, 421, 421])

    const page = openPage([live.url], 'blog', '/', 0)
    onTestFinished(() => page.close())
    await vi.waitFor(() => expect(page.counts.connects).toBe(1))
    const headers = { origin, 'content-type': 'application/json' }
    const posted = await fetch(`${web.url}/v1/threads/-/comments?${place}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ body: 'One', guest: { name: 'Guest' } }),
    })
    expect(posted.status).toBe(201)
    const { id, rev } = (await posted.json()) as { id: string; rev: number }
    await vi.waitFor(() => expect([...page.seen]).toEqual([id]), { timeout: 3_000 })

    const cookie = posted.headers.get('set-cookie')?.split(';')[0] ?? ''
    const edited = await fetch(`${all.url}/v1/threads/-/comments/${id}?${place}`, {
      method: 'PATCH',
      headers: { ...headers, cookie },
      body: JSON.stringify({ body: 'Two', rev }),
    })
    expect([edited.status, await edited.json()]).toMatchObject([200, { html: '<p>Two</p>\n' }])
    const stranger = await fetch(`${all.url}/v1/threads/-/comments/${id}?${place}`, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ body: 'Three', rev: rev + 1 }),
    })
    expect(stranger.status).toBe(401)
    expect(await runConfab(['doctor', '--store', storeUrl])).toMatchObject({
      stdout: expect.stringMatching(/^ok +store +mongodb:\S+ answers$/m) as string,
    })
  }, 60_000)
})

it('says what ran', () => {
  expect(missing.length === 0 || !process.env['CONFAB_REQUIRE_SERVICES']).toBe(true)
})
