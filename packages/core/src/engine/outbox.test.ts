import { afterEach, expect, test, vi } from 'vitest'
import { memoryStore } from '../memory/index.ts'
import type { EventRow, Store } from '../ports/index.ts'
import { createIds } from './ids.ts'
import type { EventListener, Outbox } from './outbox.ts'
import { createOutbox } from './outbox.ts'

const target = { site: 'blog', thread: '0123456789abcdefghjk', key: '/page' }
const at = 1_700_000_000_000
const logger = { info() {}, warn() {}, error() {} }
const ids = createIds()
const open: Outbox[] = []

afterEach(async () => {
  for (const outbox of open.splice(0)) await outbox.stop()
  vi.useRealTimers()
})

async function write(store: Store): Promise<readonly EventRow[]> {
  const op = { op: 'thread', set: { title: `${Math.random()}` }, by: 'u', at } as const
  const create = {
    op: 'create',
    id: ids.next(at),
    parent: null,
    replyTo: null,
    author: 'u',
    source: 'x',
    html: 'x',
    status: 'published',
    at,
    key: null,
  } as const
  const user = {
    site: 'blog',
    id: 'u',
    name: 'U',
    avatar: null,
    website: null,
    email: null,
    role: 'member',
    at,
  } as const
  await store.users.put(user)
  const commit = await store.commit(target, [create, op], { at, eventId: (moment) => ids.next(moment) })
  return commit.events
}

/** At a moment when everything written is old enough for the relay. */
function outboxOf(store: Store, listener: EventListener, relayed: EventListener): Outbox {
  const listeners = new Map([['comment.created', [listener]]] as const)
  const clock = { now: () => at + 10_000 }
  const outbox = createOutbox({ store, clock, logger, listeners, relayed })
  open.push(outbox)
  outbox.start()
  return outbox
}

test('an event of a process that died is told again, then given to listeners', async () => {
  const store = memoryStore()
  const events = await write(store)
  const seen: string[] = []
  const note = (who: string) => async (event: EventRow) => void seen.push(`${who} ${event.type}`)
  outboxOf(store, note('listener'), note('relayed'))
  await vi.waitFor(() => expect(seen).toHaveLength(events.length + 1), { timeout: 3_000 })
  expect(seen).toEqual(['relayed comment.created', 'listener comment.created', 'relayed thread.changed'])
})

test('an event of this process is not told again', async () => {
  const store = memoryStore()
  const relayed = vi.fn<EventListener>(async () => {})
  const listener = vi.fn<EventListener>(async () => {})
  const outbox = outboxOf(store, listener, relayed)
  const claim = vi.spyOn(store.events, 'claim')
  outbox.dispatch(await write(store))
  await vi.waitFor(() => expect(claim).toHaveBeenCalled(), { timeout: 3_000 })
  expect(await claim.mock.results[0]?.value).toEqual([])
  expect(listener).toHaveBeenCalledOnce()
  expect(relayed).not.toHaveBeenCalled()
})

const nobody: EventListener = async () => {}

/** A second of the relay, in fake time. */
const pass = (ms = 1_000): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

function at10s(): { now: () => number; ahead: number } {
  const clock = { ahead: 10_000, now: () => at + clock.ahead }
  return clock
}

test('an event whose listener failed comes again when its lease has ended, and no other is held up', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  const clock = at10s()
  const seen: string[] = []
  let fails = true
  const created: EventListener = async (event) => {
    seen.push(event.type)
    if (fails) throw new Error('down')
  }
  const changed: EventListener = async (event) => void seen.push(event.type)
  const listeners = new Map([
    ['comment.created', [created]],
    ['thread.changed', [changed]],
  ] as const)
  const outbox = createOutbox({ store, clock, logger, listeners })
  open.push(outbox)
  outbox.start()
  outbox.dispatch(await write(store))
  await pass()
  expect(seen.sort()).toEqual(['comment.created', 'comment.created', 'thread.changed'])
  // Claimed by the relay, so nobody gets it before the lease has ended.
  await pass(5_000)
  expect(seen).toHaveLength(3)
  fails = false
  clock.ahead += 30_000
  await pass()
  expect(seen).toHaveLength(4)
  clock.ahead += 60_000
  await pass(5_000)
  expect(seen).toHaveLength(4)
})

test('of two processes one gets what a third left behind', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  const listener = vi.fn<EventListener>(nobody)
  await write(store)
  outboxOf(store, listener, nobody)
  outboxOf(store, listener, nobody)
  await pass(5_000)
  expect(listener).toHaveBeenCalledOnce()
})

test('what was written just now is left to the process that wrote it', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  const listener = vi.fn<EventListener>(nobody)
  const clock = { ahead: 1_000, now: () => at + clock.ahead }
  const outbox = createOutbox({ store, clock, logger, listeners: new Map([['comment.created', [listener]]]) })
  open.push(outbox)
  outbox.start()
  await write(store)
  await pass(3_000)
  expect(listener).not.toHaveBeenCalled()
  clock.ahead = 2_001
  await pass()
  expect(listener).toHaveBeenCalledOnce()
})

test('a listener that takes long is not given the same event again meanwhile', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  let end = (): void => undefined
  const listener = vi.fn<EventListener>(() => new Promise((resolve) => (end = resolve)))
  const outbox = outboxOf(store, listener, nobody)
  outbox.dispatch(await write(store))
  await pass(10_000)
  expect(listener).toHaveBeenCalledOnce()
  end()
  await pass()
  expect(await store.events.claim({ limit: 10, leaseMs: 0, now: at + 60_000, before: at + 60_000 })).toEqual([])
})

test('a stop waits for what is under way, marks it, and leaves the rest to others', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  for (let i = 0; i < 5; i++) await write(store)
  let end = (): void => undefined
  const listener = vi.fn<EventListener>(() => new Promise((resolve) => (end = resolve)))
  const outbox = outboxOf(store, listener, nobody)
  await pass()
  expect(listener).toHaveBeenCalledOnce()
  let stopped = false
  const stopping = outbox.stop().then(() => (stopped = true))
  await pass()
  expect(stopped).toBe(false)
  end()
  await stopping
  expect(listener).toHaveBeenCalledOnce()
  const left = await store.events.claim({ limit: 100, leaseMs: 0, now: at + 60_000, before: at + 60_000 })
  expect(left).toHaveLength(9)
  expect(vi.getTimerCount()).toBe(0)
})

test('a store that was away loses no mark', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  const listener = vi.fn<EventListener>(nobody)
  const outbox = outboxOf(store, listener, nobody)
  const done = vi.spyOn(store.events, 'done').mockRejectedValueOnce(new Error('away'))
  outbox.dispatch(await write(store))
  await pass(2_000)
  expect(done).toHaveBeenCalledTimes(2)
  expect(await store.events.claim({ limit: 10, leaseMs: 0, now: at + 60_000, before: at + 60_000 })).toEqual([])
  expect(listener).toHaveBeenCalledOnce()
})

test('events written before the start are delivered after it', async () => {
  vi.useFakeTimers()
  const store = memoryStore()
  const listener = vi.fn<EventListener>(nobody)
  const outbox = createOutbox({
    store,
    clock: at10s(),
    logger,
    listeners: new Map([['comment.created', [listener]]]),
  })
  open.push(outbox)
  outbox.dispatch(await write(store))
  await pass(5_000)
  expect(listener).not.toHaveBeenCalled()
  outbox.start()
  outbox.start()
  await pass()
  expect(listener).toHaveBeenCalledOnce()
})

test('one round delivers all that waits, without a start', async () => {
  const store = memoryStore()
  for (let i = 0; i < 150; i++) await write(store)
  const seen: string[] = []
  const listeners = new Map([['comment.created', [async (event: EventRow) => void seen.push(event.id)]]] as const)
  const outbox = createOutbox({ store, clock: { now: () => at + 10_000 }, logger, listeners })
  await outbox.runOnce()
  expect(new Set(seen).size).toBe(150)
  expect(await store.events.claim({ limit: 9, leaseMs: 1, now: at + 99_000, before: at + 99_000 })).toEqual([])
  await outbox.runOnce()
  expect(seen).toHaveLength(150)
})

test('one round says when the store cannot be asked', async () => {
  const store = memoryStore()
  const events = { ...store.events, claim: () => Promise.reject(new Error('away')) }
  const outbox = createOutbox({ store: { ...store, events }, clock: { now: () => at }, logger, listeners: new Map() })
  await expect(outbox.runOnce()).rejects.toThrow('away')
})
