import { memoryStore } from '../../memory/index.ts'
import type { ApiSuiteApp } from '../../testing/api/app.ts'
import { apiSuiteApp } from '../../testing/api/app.ts'
import { peerOf } from '../peer.ts'
import { appHeader } from './app-header.fixture.ts'

/** One app for each test of the suite, all in one isolate. */
const apps = new Map<string, ApiSuiteApp>()

/** The worker: hands each request to the app it names, which is made when it is named first. */
export async function handle(request: Request): Promise<Response> {
  const id = request.headers.get(appHeader) ?? ''
  if (new URL(request.url).pathname === '/end') {
    await apps.get(id)?.close()
    apps.delete(id)
    return new Response(null, { status: 204 })
  }
  if (new URL(request.url).pathname === '/peer') return Response.json(peerOf(undefined, request))
  let app = apps.get(id)
  if (!app) {
    app = apiSuiteApp(memoryStore())
    apps.set(id, app)
  }
  return app.fetch(request)
}
