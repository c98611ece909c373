import * as runner from 'vitest'
import { describe, expect, test } from 'vitest'
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

describe('memoryLimiter', () => {
  test('remembers a bounded number of keys, those in use', async () => {
    const limiter = memoryLimiter({ clock: { now: () => 1_000 }, maxKeys: 3 })
    const once = { burst: 1, perMs: 60_000 }
    const take = async (key: string) => (await limiter.take(key, once)).ok
    for (const key of ['a', 'b', 'c']) expect(await take(key)).toBe(true)
    // A refused one is in use too, so `b` is the one that was not used for longest.
    expect(await take('a')).toBe(false)
    expect(await take('d')).toBe(true)
    expect(await take('a')).toBe(false)
    expect(await take('c')).toBe(false)
    expect(await take('b')).toBe(true)
  })
})
