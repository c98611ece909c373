import { expect, test, vi } from 'vitest'
import { createConfab } from '../create.ts'
import { memoryPubSub, memoryStore } from '../memory/index.ts'
import type { PubSub } from '../ports/index.ts'
import { createInvalidation } from './invalidation.ts'

const logger = { info() {}, warn() {}, error() {} }
const ref = { site: 'blog', thread: '0123456789abcdefghjk' }

test('a page in the memory of another process is not shown after a write', async () => {
  const store = { ...memoryStore(), capabilities: { exactVersion: false }, close: () => Promise.resolve() }
  const bus = { ...memoryPubSub(), close: () => Promise.resolve() }
  const sites = [{ id: 'blog', origins: ['https://blog.example.org'] }]
  const clock = { now: () => 1_700_000_000_000 }
  const [one, two] = [0, 1].map(() => createConfab({ store, bus, sites, logger, clock }))
  if (!one || !two) throw new Error('There are two')
  await Promise.all([one.start(), two.start()])
  const page = { site: 'blog', pageKey: '/' }
  const count = async () => (await two.api.comments.list(page)).thread.comments
  const write = () => one.api.comments.create({ ...page, author: { id: 'u', name: 'U' }, body: 'Hello.' })
  await write()
  await vi.waitFor(async () => expect(await count()).toBe(1))
  // Time stands still here, so only the message can tell.
  await write()
  await vi.waitFor(async () => expect(await count()).toBe(2))
  await Promise.all([one.close(), two.close()])
})

test('what nobody here would say is not heard', async () => {
  const bus = memoryPubSub()
  const hear = vi.fn()
  const invalidation = createInvalidation({ bus, logger, hear })
  await invalidation.listen()
  const said = [
    '',
    '{',
    'null',
    '[]',
    '{"site":"blog"}',
    '{"site":"blog","thread":"t","ver":"9"}',
    '{"site":1,"thread":"t","ver":9}',
  ]
  for (const text of said) await bus.publish('c/1/inv/0', new TextEncoder().encode(text))
  invalidation.say(ref, 7)
  await vi.waitFor(() => expect(hear).toHaveBeenCalled())
  expect(hear.mock.calls).toEqual([[expect.objectContaining(ref), 7]])
})

test('a bus that does not work changes nothing else', async () => {
  const broken: PubSub = {
    publish: () => Promise.reject(new Error('away')),
    subscribe: () => Promise.reject(new Error('away')),
    onDrop() {},
    close: () => Promise.resolve(),
  }
  const invalidation = createInvalidation({ bus: broken, logger, hear: () => {} })
  await invalidation.listen()
  expect(() => invalidation.say(ref, 1)).not.toThrow()
})
