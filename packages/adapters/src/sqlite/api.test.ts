import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as runner from 'vitest'
import { apiSuite, apiSuiteApp } from '@confab/core/testing'
import { sqlite } from './index.ts'

apiSuite(runner, 'core with sqlite', {
  async setup() {
    const folder = await mkdtemp(join(tmpdir(), 'confab-sqlite-'))
    const store = sqlite(join(folder, 'confab.db'))
    await store.migrate()
    const app = apiSuiteApp(store)
    return {
      fetch: (path, init) => app.fetch(new Request(`https://api.example${path}`, init)),
      async close() {
        await app.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})
