import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Op, Store } from '@confab/core/ports'
import { sqlite } from '../sqlite/index.ts'
import { ada, commitOptions, createOp, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 30 * 60_000, hookTimeout: 120_000 })

const sizes = [1_000, 100_000, 1_000_000]
const perCommit = 2_000
const measureMs = 3_000

let server: TestServer
let database: TestDatabase
let folder: string
let stores: readonly (readonly [name: string, store: Store])[] = []

beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server)
  folder = await mkdtemp(join(tmpdir(), 'confab-figures-'))
  stores = [
    [`MongoDB ${server.version}`, database.open()],
    ['SQLite', sqlite(join(folder, 'figures.db'))],
  ]
  for (const [, store] of stores) {
    await store.migrate()
    await store.users.put(ada)
  }
})

afterAll(async () => {
  for (const [, store] of stores) await store.close()
  await rm(folder, { recursive: true, force: true })
  await database.drop()
  await server.stop()
})

/** A million comments are written only when somebody asked for these tests by name, and there is something to measure. */
function isWanted(): boolean {
  const wanted = server.real && (process.env['npm_lifecycle_event'] ?? '').startsWith('test:mongodb')
  if (!wanted) console.log('figures beside SQLite: not taken, they need a real server and `npm run test:mongodb`')
  return wanted
}

function* branches(comments: number): Generator<Op> {
  for (let i = 0; i < comments; i += 4) {
    const root = createOp({ imported: true })
    yield root
    for (let reply = 0; reply < 3; reply++) yield createOp({ imported: true, parent: root.id })
  }
}

async function grow(store: Store, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += perCommit) {
    const ops = [...branches(Math.min(perCommit, to - at))]
    await store.commit(threadOf(1), ops, { ...commitOptions(), silent: true })
  }
}

async function repeatFor(ms: number, run: () => Promise<unknown>): Promise<{ median: number; perSecond: number }> {
  const times: number[] = []
  const started = performance.now()
  while (performance.now() - started < ms) {
    const before = performance.now()
    await run()
    times.push(performance.now() - before)
  }
  times.sort((a, b) => a - b)
  return { median: times[times.length >> 1] ?? 0, perSecond: (times.length / (performance.now() - started)) * 1000 }
}

test('a page costs the same whatever the thread holds', async () => {
  if (!isWanted()) return
  const query = { ...threadOf(1), parent: null, sort: 'newest', limit: 20, replies: 3 } as const
  const medians = new Map<string, number[]>()
  for (const [i, size] of sizes.entries()) {
    for (const [name, store] of stores) {
      await grow(store, i === 0 ? 0 : (sizes[i - 1] ?? 0), size)
      const { median, perSecond } = await repeatFor(measureMs, () => store.page(query))
      console.log(
        `page of ${size} comments, ${name}: ${median.toFixed(2)} ms, ${Math.round(perSecond)} per second one at a time`,
      )
      medians.set(name, [...(medians.get(name) ?? []), median])
    }
  }
  for (const [smallest = 0, , largest = 0] of medians.values()) expect(largest).toBeLessThan(smallest * 3 + 1)
})

test('commits per second', async () => {
  if (!isWanted()) return
  for (const [name, store] of stores) {
    const commitTo = (thread: number) => () => store.commit(threadOf(thread), [createOp()], commitOptions())
    const one = await repeatFor(measureMs, commitTo(2))
    let next = 0
    const many = await Promise.all(
      Array.from({ length: 32 }, () => repeatFor(measureMs, () => commitTo(1000 + (next++ % 500))())),
    )
    const perSecond = many.reduce((sum, each) => sum + each.perSecond, 0)
    console.log(
      `commits, ${name}: ${Math.round(one.perSecond)} per second on one thread one at a time (${one.median.toFixed(1)} ms), ` +
        `${Math.round(perSecond)} per second on 500 threads with 32 at once`,
    )
    expect(perSecond).toBeGreaterThan(0)
  }
})
