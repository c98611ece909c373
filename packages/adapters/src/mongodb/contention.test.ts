import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ada, readAll, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const processes = 3
const commits = 25

let server: TestServer
let database: TestDatabase

beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server)
})

afterAll(async () => {
  await database.drop()
  await server.stop()
})

test('three processes write to one thread: nothing is lost, no version is given twice, the sums are right', async () => {
  const store = database.open()
  await store.migrate()
  await store.users.put(ada)
  const script = fileURLToPath(new URL('./testing/contending-writer.fixture.ts', import.meta.url))
  const args = ['--conditions=confab-source', script, server.url, database.name, String(commits)]
  const run = promisify(execFile)
  const started = performance.now()
  const outputs = await Promise.all(Array.from({ length: processes }, () => run(process.execPath, args)))
  const seconds = (performance.now() - started) / 1000
  const writers = outputs.map(({ stdout }) => JSON.parse(stdout) as { vers: number[]; longestMs: number })

  const vers = writers.flatMap((writer) => writer.vers).sort((a, b) => a - b)
  expect(vers).toEqual(Array.from({ length: processes * commits }, (_, i) => (i + 1) * 2))
  const rows = await readAll(store, threadOf(1))
  expect(new Set(rows.map(({ id }) => id)).size).toBe(processes * commits * 2)
  const [thread] = await store.threads('blog', [threadOf(1).thread])
  expect(thread).toMatchObject({ ver: rows.length, total: rows.length, roots: rows.length })
  const events = await store.events.since(threadOf(1), 0, 1000)
  expect(Array.isArray(events) && events.map(({ ver }) => ver)).toEqual(rows.map((_, i) => i + 1))
  const longest = Math.max(...writers.map(({ longestMs }) => longestMs))
  console.log(
    `${processes} processes on one thread: ${Math.round((processes * commits) / seconds)} commits/s with the start of the processes, the slowest took ${Math.round(longest)} ms`,
  )
  await store.close()
})
