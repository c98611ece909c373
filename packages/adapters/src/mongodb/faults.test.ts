import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Store } from '@confab/core/ports'
import { ada, commitOptions, createOp, readAll, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const writers = 6
/** So many each writer gets through between two faults. */
const writesBetween = 5

let server: TestServer
let database: TestDatabase
let store: Store

beforeAll(async () => {
  server = await startServer(3)
  database = await createDatabase(server)
  store = database.open()
  await store.migrate()
  await store.users.put(ada)
})

afterAll(async () => {
  await store.close()
  await database.drop()
  await server.stop()
})

interface Load {
  /** Stops the writers and answers with what they were told. */
  stop(): Promise<{
    acknowledged: ReadonlyMap<number, string[]>
    refused: number
    longestMs: number
    windows: number[]
  }>
  /** Resolves when every writer has got through again. */
  recovered(): Promise<void>
}

/** Writers of one thread each, who repeat with the same key until they are told that it is done, as the API's clients do. */
function startLoad(firstThread: number): Load {
  const acknowledged = new Map<number, string[]>()
  let refused = 0
  let longestMs = 0
  let lastMs = performance.now()
  const windows: number[] = []
  let isRunning = true

  async function writeOnce(thread: number, value: string): Promise<void> {
    const key = { scope: 'load', value, hash: 'h' }
    const started = performance.now()
    for (;;) {
      try {
        const { results } = await store.commit(threadOf(thread), [createOp({ source: value, key })], commitOptions())
        if (results[0]?.ok !== true) throw new Error(JSON.stringify(results))
        break
      } catch (error) {
        if (!mayAskAgain(error)) throw error
        refused++
      }
    }
    const now = performance.now()
    longestMs = Math.max(longestMs, now - started)
    windows.push(now - lastMs)
    lastMs = now
    acknowledged.get(thread)?.push(value)
  }

  const running = Array.from({ length: writers }, async (_, i) => {
    const thread = firstThread + i
    acknowledged.set(thread, [])
    for (let n = 0; isRunning; n++) await writeOnce(thread, `${thread}-${n}`)
  })

  return {
    async recovered() {
      const before = new Map([...acknowledged].map(([thread, values]) => [thread, values.length]))
      const through = () =>
        [...acknowledged].every(([thread, values]) => values.length >= (before.get(thread) ?? 0) + writesBetween)
      const done = vi.waitFor(() => expect(through()).toBe(true), { timeout: 60_000, interval: 20 })
      await Promise.race([done, Promise.all(running)])
    },
    async stop() {
      isRunning = false
      await Promise.all(running)
      return { acknowledged, refused, longestMs, windows }
    },
  }
}

/** What the API answers with 503 and `Retry-After`. */
function mayAskAgain(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false
  return error.code === 'store_unavailable' || error.code === 'store_busy'
}

async function underLoad(
  what: string,
  times: number,
  fault: () => Promise<void>,
): Promise<{ lost: number; doubled: number }> {
  const load = startLoad(Math.trunc(performance.now()) * 10)
  await load.recovered()
  for (let i = 0; i < times; i++) {
    await fault()
    await load.recovered()
  }
  const { acknowledged, refused, longestMs, windows } = await load.stop()

  let written = 0
  let lost = 0
  let doubled = 0
  for (const [thread, values] of acknowledged) {
    const rows = await readAll(store, threadOf(thread))
    const sources = rows.map(({ source }) => source)
    written += values.length
    lost += values.filter((value) => !sources.includes(value)).length
    doubled += sources.length - new Set(sources).size
    const [row] = await store.threads('blog', [threadOf(thread).thread])
    expect(row).toMatchObject({ ver: rows.length, total: rows.length, roots: rows.length })
  }
  console.log(
    `${what} ${times} times under load: ${written} writes acknowledged, ${lost} lost, ${doubled} doubled, ${refused} refused and repeated; ` +
      `error window at most ${Math.round(Math.max(...windows))} ms, slowest write ${Math.round(longestMs)} ms`,
  )
  expect(written).toBeGreaterThan(times)
  return { lost, doubled }
}

const faults: readonly (readonly [
  name: string,
  times: number,
  choose: (of: TestServer) => (() => Promise<void>) | null,
])[] = [
  ['primary killed', 10, (of) => of.killPrimary],
  ['primary stepped down', 10, (of) => of.stepDown],
  ['primary standing still for 7 s', 1, ({ pausePrimary }) => pausePrimary && (() => pausePrimary(7000))],
]

test.each(faults)('%s %i times: nothing acknowledged is lost, nothing is there twice', async (name, times, choose) => {
  const fault = choose(server)
  if (fault === null) {
    console.log(`${name}: not tried, a server from MONGODB_URL cannot be told to`)
    expect(process.env['MONGODB_URL']).toBeTruthy()
    return
  }
  expect(await underLoad(name, times, fault)).toEqual({ lost: 0, doubled: 0 })
})
