// A plain program for any runtime: the suite of the HTTP interface over memory and over SQLite, and that of the SQLite
// store. Prints each failure, then how many passed and failed.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '@confab/core/memory'
import type { Store } from '@confab/core/ports'
import { apiSuite, apiSuiteApp, plainRunner, storeSuite } from '@confab/core/testing'
import { sqlite } from '../sqlite/index.ts'

const runner = plainRunner()
const folder = await mkdtemp(join(tmpdir(), 'confab-runtime-'))
let files = 0
const fresh = (): Store => sqlite(join(folder, `${(files += 1)}.db`))

for (const [name, open] of Object.entries({ memory: memoryStore, sqlite: fresh })) {
  apiSuite(runner, name, {
    async setup() {
      const store = open()
      await store.migrate()
      const app = apiSuiteApp(store)
      return { fetch: (path, init) => app.fetch(new Request(`https://api.example${path}`, init)), close: app.close }
    },
  })
}
storeSuite(runner, 'sqlite', { setup: async () => ({ store: fresh() }) })

let failed = 0
for (const test of runner.tests) {
  try {
    await test.run()
  } catch (error) {
    failed += 1
    console.log(`FAIL ${test.name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
}
await rm(folder, { recursive: true })
console.log(`${runner.tests.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
