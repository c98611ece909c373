import { apiSuiteApp } from '@confab/core/testing'
import type { ApiSuiteApp } from '@confab/core/testing'
import { durableBus } from '../../durable/index.ts'
import type { TopicNamespace } from '../../durable/index.ts'
import { appHeader } from '../../workerd/app-header.fixture.ts'
import type { D1Binding } from '../database.ts'
import { d1 } from '../index.ts'
import { empty } from './empty.fixture.ts'

export { LiveTopic } from '../../durable/index.ts'

/** The app of the test that runs now: they share one database, so there is one at a time. */
let current: { readonly id: string; readonly app: ApiSuiteApp } | null = null

interface Env {
  readonly DB: D1Binding
  readonly TOPICS: TopicNamespace
}

/** The worker: hands each request to the app it names, which is made over an empty database when it is named first. */
export async function handle(request: Request, env: Env): Promise<Response> {
  const id = request.headers.get(appHeader) ?? ''
  const { pathname } = new URL(request.url)
  if (pathname === '/begin') {
    await empty(env.DB)
    // Hundreds of writers meet on one thread, on a machine that does other things as well.
    const store = d1(env.DB, { limitMs: 60_000 })
    await store.migrate()
    current = { id, app: apiSuiteApp(store, { bus: durableBus(topicsOf(env, id)) }) }
    return new Response(null, { status: 204 })
  }
  if (current?.id !== id) return new Response('The test of this request is over', { status: 410 })
  if (pathname !== '/end') return current.app.fetch(request)
  await current.app.close()
  current = null
  return new Response(null, { status: 204 })
}

/** Tests use the same threads, so each has topics of its own. */
function topicsOf({ TOPICS }: Env, id: string): TopicNamespace {
  return { getByName: (name) => TOPICS.getByName(`${id}/${name}`) }
}
