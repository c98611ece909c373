import * as runner from 'vitest'
import { afterAll, beforeAll } from 'vitest'
import type { Miniflare } from 'miniflare'
import { apiSuite } from '@confab/core/testing'
import { appHeader } from './testing/app-header.fixture.ts'
import { startWorker } from './testing/worker.fixture.ts'

let worker: Miniflare
let count = 0

beforeAll(async () => {
  worker = await startWorker(new URL('./testing/api.worker.fixture.ts', import.meta.url))
})

afterAll(() => worker.dispose())

apiSuite(runner, 'core with d1, in workerd', {
  async setup() {
    const id = String((count += 1))
    await dispatch('/begin', {}, id)
    return {
      fetch: (path, init) => dispatch(path, init, id),
      close: async () => void (await dispatch('/end', {}, id)),
    }
  },
})

async function dispatch(path: string, init: RequestInit | undefined, id: string): Promise<Response> {
  // Miniflare brings its own `fetch`, which does not know this realm's forms: they go as the bytes they stand for.
  const request = new Request(`https://api.example${path}`, init)
  request.headers.set(appHeader, id)
  const isStream = init?.body instanceof ReadableStream
  const body = isStream ? request.body : init?.body == null ? null : await request.arrayBuffer()
  const response = await worker.dispatchFetch(request.url, {
    method: request.method,
    headers: [...request.headers],
    ...(body !== null && { body: body as ArrayBuffer }),
    ...(isStream && { duplex: 'half' as const }),
  })
  return response as unknown as Response
}
