import { plainRunner, storeSuite } from '@confab/core/testing'
import type { PlainTest } from '@confab/core/testing'
import type { D1Binding } from '../database.ts'
import { d1 } from '../index.ts'
import { empty } from './empty.fixture.ts'

let binding: D1Binding | null = null

function database(): D1Binding {
  if (!binding) throw new Error('No request has brought the database yet')
  return binding
}

/** Made within a request: outside of one, a Worker may not choose seeds. */
let tests: readonly PlainTest[] | null = null

function register(): readonly PlainTest[] {
  const runner = plainRunner()
  storeSuite(runner, 'd1, in workerd', {
    async setup() {
      await empty(database())
      return { store: d1(database) }
    },
  })
  return runner.tests
}

/** The worker: tells the names of the tests, and runs one by its number. */
export async function handle(request: Request, env: { readonly DB: D1Binding }): Promise<Response> {
  binding = env.DB
  tests ??= register()
  const number = new URL(request.url).searchParams.get('test')
  if (number === null) return Response.json(tests.map(({ name }) => name))
  const test = tests[Number(number)]
  if (!test) return new Response('There is no such test', { status: 404 })
  try {
    await test.run()
    return new Response(null, { status: 204 })
  } catch (error) {
    return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 })
  }
}
