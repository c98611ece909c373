import { runSuite } from '../workerd/run-suite.fixture.ts'
import { startWorker } from '../workerd/start-worker.fixture.ts'

// The suite runs where the bus does: inside workerd, with real Durable Objects.
const entry = new URL('./testing/bus.worker.fixture.ts', import.meta.url)
await runSuite(await startWorker(entry, { durableObjects: { TOPICS: 'CutTopic' } }))
