import * as runner from 'vitest'
import type { CommandStartedEvent } from 'mongodb'
import { storeSuite } from '@confab/core/testing'
import { mongodb } from './index.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import { createShardKeyWatch } from './testing/shard-key-watch.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

// Every call goes over the wire, and on a real server to a disk.
runner.vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const watch = createShardKeyWatch()
let server: TestServer
let database: TestDatabase

runner.beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server, { monitorCommands: true })
  database.client.on('commandStarted', (event: CommandStartedEvent) => {
    if (event.databaseName === database.name) watch.see(event.command)
  })
})

runner.afterAll(async () => {
  await database.drop()
  await server.stop()
})

storeSuite(runner, 'mongodb', {
  setup: async () => {
    await watch.without(() => database.empty())
    return { store: mongodb(database.client, { database: database.name }) }
  },
})

runner.describe('sharding', () => {
  runner.test(
    'every query of the suite carried the shard key, but for those that ask a whole site or all threads',
    () => {
      runner.expect(watch.seen()).toBeGreaterThan(1000)
      runner.expect(watch.faults()).toEqual([])
    },
  )
})
