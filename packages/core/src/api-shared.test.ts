import * as runner from 'vitest'
import { sharedPages } from './engine/reader.fixture.ts'
import { memoryPubSub, memoryStore } from './memory/index.ts'
import { apiSuite } from './testing/api-suite.ts'
import { apiSuiteApp } from './testing/api/app.ts'

// The other way of reading: the store does not tell its version, so pages come from a cache that processes share.
apiSuite(runner, 'core with a page cache, a bus and a store that does not tell its version', {
  async setup() {
    const store = { ...memoryStore(), capabilities: { exactVersion: false } }
    const pages = sharedPages()
    const bus = memoryPubSub()
    const app = apiSuiteApp(store, { cache: pages.connect(), bus })
    return {
      fetch: (path, init) => app.fetch(new Request(`https://api.example${path}`, init)),
      close: app.close,
    }
  },
})
