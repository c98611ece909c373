import { runSuite } from '../workerd/run-suite.fixture.ts'
import { startWorker } from '../workerd/start-worker.fixture.ts'

// The suite runs where the store does: inside workerd, on the D1 of Miniflare.
const entry = new URL('./testing/store.worker.fixture.ts', import.meta.url)
await runSuite(await startWorker(entry, { d1Databases: ['DB'] }))
