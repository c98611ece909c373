import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as runner from 'vitest'
import { memoryStore } from '../memory/index.ts'
import { apiSuite } from '../testing/api-suite.ts'
import { apiSuiteApp } from '../testing/api/app.ts'
import { toNodeHandler } from './node.ts'

apiSuite(runner, 'core behind a server of Node', {
  async setup() {
    const app = apiSuiteApp(memoryStore())
    const server = createServer(toNodeHandler(app))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, { ...init, redirect: 'manual' }),
      async close() {
        await app.close()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
})
