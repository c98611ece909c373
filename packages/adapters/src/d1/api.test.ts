import * as runner from 'vitest'
import { afterAll, beforeAll } from 'vitest'
import type { Miniflare } from 'miniflare'
import { apiSuite } from '@confab/core/testing'
import { dispatch } from '../workerd/dispatch.fixture.ts'
import { startWorker } from '../workerd/start-worker.fixture.ts'

let worker: Miniflare
let count = 0

beforeAll(async () => {
  const entry = new URL('./testing/api.worker.fixture.ts', import.meta.url)
  worker = await startWorker(entry, { d1Databases: ['DB'], durableObjects: { TOPICS: 'LiveTopic' } })
})

afterAll(() => worker.dispose())

apiSuite(runner, 'core with d1 and a bus of Durable Objects, in workerd', {
  skip: [
    {
      test: 'ends with the server, with a hint when to come again',
      reason: 'nobody closes a Worker, and a quiet stream that hears a bus looks up every 25 seconds',
    },
  ],
  async setup() {
    const id = String((count += 1))
    await dispatch(worker, '/begin', {}, id)
    return {
      fetch: (path, init) => dispatch(worker, path, init, id),
      close: async () => void (await dispatch(worker, '/end', {}, id)),
    }
  },
})
