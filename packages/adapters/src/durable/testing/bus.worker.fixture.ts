import { plainRunner, pubSubSuite } from '@confab/core/testing'
import { suiteWorker } from '../../workerd/suite-worker.fixture.ts'
import type { TopicNamespace } from '../index.ts'
import { durableBus } from '../index.ts'

export { LiveTopic } from '../index.ts'

let topics: TopicNamespace | null = null

function namespace(): TopicNamespace {
  if (!topics) throw new Error('No request has brought the topics yet')
  return topics
}

const answer = suiteWorker(() => {
  const runner = plainRunner()
  const reason = 'each topic is an object of its own, and Confab listens to exact ones there'
  pubSubSuite(runner, 'Durable Objects, in workerd', {
    setup: async () => ({ here: durableBus(namespace), there: durableBus(namespace) }),
    skip: [
      { test: 'matches everything below a filter that ends in /#', reason },
      { test: 'gives a message to a topic and to a filter that both match it', reason },
    ],
  })
  return runner.tests
})

export async function handle(request: Request, env: { readonly TOPICS: TopicNamespace }): Promise<Response> {
  topics = env.TOPICS
  return answer(request)
}
