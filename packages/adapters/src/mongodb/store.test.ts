import * as runner from 'vitest'
import { storeSuite } from '@confab/core/testing'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

// Every call goes over the wire, and on a real server to a disk.
runner.vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let server: TestServer
let database: TestDatabase

runner.beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server)
})

runner.afterAll(async () => {
  await database.drop()
  await server.stop()
})

storeSuite(runner, 'mongodb', {
  setup: async () => {
    await database.empty()
    return { store: database.open() }
  },
})
