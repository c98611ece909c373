import { plainRunner, storeSuite } from '@confab/core/testing'
import { suiteWorker } from '../../workerd/suite-worker.fixture.ts'
import type { D1Binding } from '../database.ts'
import { d1 } from '../index.ts'
import { empty } from './empty.fixture.ts'

let binding: D1Binding | null = null

function database(): D1Binding {
  if (!binding) throw new Error('No request has brought the database yet')
  return binding
}

const answer = suiteWorker(() => {
  const runner = plainRunner()
  storeSuite(runner, 'd1, in workerd', {
    async setup() {
      await empty(database())
      return { store: d1(database) }
    },
  })
  return runner.tests
})

export async function handle(request: Request, env: { readonly DB: D1Binding }): Promise<Response> {
  binding = env.DB
  return answer(request)
}
