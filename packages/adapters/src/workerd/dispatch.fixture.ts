import type { Miniflare } from 'miniflare'
import { appHeader } from './app-header.fixture.ts'

/** Sends a request of a suite to the worker. */
export async function dispatch(
  worker: Miniflare,
  path: string,
  init: RequestInit | undefined,
  app: string,
): Promise<Response> {
  // Miniflare brings its own `fetch`, which does not know this realm's forms: they go as the bytes they stand for.
  const request = new Request(`https://api.example${path}`, init)
  request.headers.set(appHeader, app)
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
