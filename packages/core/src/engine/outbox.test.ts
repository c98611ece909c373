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
