import * as runner from 'vitest'
import { memoryStore } from './memory/index.ts'
import { apiSuite } from './testing/api-suite.ts'
import { apiSuiteApp } from './testing/api/app.ts'
import { sharedData } from './text/shared-data.fixture.ts'
import { jsonBodies } from './testing/api/json-bodies.fixture.ts'

apiSuite(runner, 'core with the memory store', {
  jsonBodies: jsonBodies(),
  strings: sharedData<string[]>('strings/blns-a.json') ?? [],
  async setup() {
    const app = apiSuiteApp(memoryStore())
    return { fetch: (path, init) => app.fetch(new Request(`https://api.example${path}`, init)), close: app.close }
  },
})
