import * as runner from 'vitest'
import { limiterSuite, pubSubSuite, storeSuite } from '../testing/index.ts'
import { memoryLimiter, memoryPubSub, memoryStore } from './index.ts'

storeSuite(runner, 'memory', { setup: async () => ({ store: memoryStore() }) })

limiterSuite(runner, 'memory', { setup: async (clock) => ({ limiter: memoryLimiter({ clock }) }) })

pubSubSuite(runner, 'memory', {
  setup: async () => {
    const bus = memoryPubSub()
    return { here: bus, there: bus }
  },
})
