import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as runner from 'vitest'
import { storeSuite } from '@confab/core/testing'
import { sqlite } from './index.ts'

storeSuite(runner, 'sqlite', {
  setup: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'confab-sqlite-'))
    return {
      store: sqlite(join(folder, 'confab.db')),
      teardown: () => rm(folder, { recursive: true }),
    }
  },
})
