import type { EventRow, Id } from '../../ports/index.ts'
import type { Fixture, StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

export const eventTests: StoreTests = ({ describe, test, expect }) => {
  describe('events', () => {
    test('since: those above a version, in order', async ({ store, thread, commit, createOp }) => {
      const first = await commit([createOp(), createOp()])
      const second = await commit([createOp({ status: 'pending' }), createOp()])
      const all = [...first.events, ...second.events].filter((event) => event.ver !== null)
      expect(await store.events.since(thread, 0, 10)).toStrictEqual(all)
      expect(await store.events.since(thread, 1, 10)).toStrictEqual(all.slice(1))
      expect(await store.events.since(thread, 1, 1)).toStrictEqual(all.slice(1, 2))
      expect(await store.events.since(thread, 3, 10)).toEqual([])
      expect(await store.events.since(thread, 99, 10)).toEqual([])
    })

    test('since: each version is there exactly once, of this thread only', async ({
      store,
      thread,
      other,
      add,
      apply,
      now,
    }) => {
      const root = await add()
      await add({}, other)
      await add({ parent: root.id })
      await apply({ op: 'edit', id: root.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() })
      await apply({ op: 'status', id: root.id, to: 'spam', by: ada.id, at: now() })
      await apply({ op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() })
      const events = await store.events.since(thread, 0, 100)
      expect(events !== 'gone' && events.map(({ type, ver }) => [ver, type])).toEqual([
        [1, 'comment.created'],
        [2, 'comment.created'],
        [3, 'comment.edited'],
        [4, 'comment.removed'],
        [5, 'thread.changed'],
      ])
      expect(await store.ver(thread)).toBe(5)
    })

    test('since: gone when some of them were pruned', async ({ store, thread, commit, createOp }) => {
      await commit([createOp()], { at: 1_000 })
      await commit([createOp()], { at: 2_000 })
      await commit([createOp()], { at: 3_000 })
      await deliver(store.events)
      await store.prune({ keysBefore: 0, eventsBefore: 3_000 })
      expect(await store.events.since(thread, 0, 10)).toBe('gone')
      expect(await store.events.since(thread, 1, 10)).toBe('gone')
      expect(await store.events.since(thread, 2, 10)).toMatchObject([{ ver: 3 }])
      expect(await store.events.since(thread, 3, 10)).toEqual([])
      await store.prune({ keysBefore: 0, eventsBefore: 4_000 })
      expect(await store.events.since(thread, 2, 10)).toBe('gone')
      expect(await store.events.since(thread, 3, 10)).toEqual([])
    })

    test('since: gone also when the hole is in the middle', async ({ store, thread, commit, createOp }) => {
      const first = await commit([createOp()], { at: 1_000 })
      const second = await commit([createOp()], { at: 1_000 })
      await commit([createOp()], { at: 1_000 })
      await store.events.done(second.events.map(({ id }) => id))
      await store.prune({ keysBefore: 0, eventsBefore: 2_000 })
      expect(await store.events.since(thread, 0, 10)).toBe('gone')
      expect(await store.events.since(thread, 0, 1)).toStrictEqual(first.events)
      expect(await store.events.since(thread, 2, 10)).toMatchObject([{ ver: 3 }])
    })

    test('claim: never those that were stored as delivered, which readers still get', async ({
      store,
      thread,
      commit,
      createOp,
    }) => {
      const { events } = await commit([createOp(), createOp()], { at: 1_000, delivered: true })
      expect(await store.events.claim({ limit: 10, leaseMs: 100, now: 5_000, before: 10_000 })).toEqual([])
      expect(await store.events.since(thread, 0, 10)).toStrictEqual(events)
      await store.prune({ keysBefore: 0, eventsBefore: 2_000 })
      expect(await store.events.since(thread, 0, 10)).toBe('gone')
    })

    test('claim: undelivered ones, oldest first, each to one worker until the lease ends', async ({
      store,
      commit,
      createOp,
    }) => {
      const events = [
        ...(await commit([createOp()], { at: 1_000 })).events,
        ...(await commit([createOp({ status: 'pending' })], { at: 2_000 })).events,
        ...(await commit([createOp()], { at: 3_000 })).events,
      ]
      const claim = (now: number, limit = 10) => store.events.claim({ limit, leaseMs: 100, now, before: 10_000 })
      expect(await claim(5_000, 2)).toStrictEqual(events.slice(0, 2))
      expect(await claim(5_000)).toStrictEqual(events.slice(2))
      expect(await claim(5_099)).toEqual([])
      expect(await claim(5_100, 1)).toStrictEqual(events.slice(0, 1))
      await store.events.done(events.map(({ id }) => id))
      expect(await claim(9_000)).toEqual([])
    })

    test('claim: only those written before a moment', async ({ store, commit, createOp }) => {
      const { events } = await commit([createOp({ at: 1 })], { at: 2_000 })
      const claim = (before: number) => store.events.claim({ limit: 10, leaseMs: 100, now: 5_000, before })
      expect(await claim(2_000)).toEqual([])
      expect(await claim(2_001)).toStrictEqual(events)
    })

    test('claim: several workers at once never get the same event', async ({ store, commit, createOp }) => {
      const written: Id[] = []
      for (let i = 0; i < 6; i++) {
        const { events } = await commit(
          Array.from({ length: 10 }, () => createOp()),
          { at: 1_000 + i },
        )
        written.push(...events.map(({ id }) => id))
      }
      const claims = await Promise.all(
        Array.from({ length: 10 }, () => store.events.claim({ limit: 7, leaseMs: 1_000, now: 5_000, before: 9_000 })),
      )
      const claimed = claims.flat().map(({ id }) => id)
      expect(claimed.toSorted()).toEqual(written.toSorted())
    })

    test('done: ignores what it does not know, and may be said twice', async ({ store, commit, createOp }) => {
      const { events } = await commit([createOp()], { at: 1_000 })
      const ids = events.map(({ id }) => id)
      await store.events.done([])
      await store.events.done(['missing', ...ids])
      await store.events.done(ids)
      expect(await store.events.claim({ limit: 10, leaseMs: 1, now: 5_000, before: 9_000 })).toEqual([])
    })

    test('prune: keeps what was not delivered, however old', async ({ store, thread, commit, createOp }) => {
      const { events } = await commit([createOp()], { at: 1_000 })
      await store.prune({ keysBefore: 9_000, eventsBefore: 9_000 })
      expect(await store.events.since(thread, 0, 10)).toStrictEqual(events)
      expect(await store.events.claim({ limit: 10, leaseMs: 1, now: 5_000, before: 9_000 })).toStrictEqual(events)
    })

    test('prune: copes with very many', async ({ store, thread, commit, createOp }) => {
      for (let i = 0; i < 30; i++)
        await commit(
          Array.from({ length: 40 }, () => createOp()),
          { at: 1_000 + i },
        )
      await deliver(store.events)
      await store.prune({ keysBefore: 0, eventsBefore: 1_029 })
      expect(await store.events.since(thread, 1159, 10)).toBe('gone')
      const left = await store.events.since(thread, 1160, 100)
      expect(left !== 'gone' && left.length).toBe(40)
    })

    test('ver grows by exactly the number of events that have one', async ({
      commit,
      createOp,
      now,
      store,
      thread,
    }) => {
      const root = createOp()
      const { events, thread: row } = await commit([
        root,
        createOp({ status: 'pending' }),
        createOp({ parent: root.id }),
        { op: 'status', id: root.id, to: 'pending', by: ada.id, at: now() },
        { op: 'thread', set: { title: 'T' }, by: ada.id, at: now() },
      ])
      const vers = events.flatMap(({ ver }) => ver ?? [])
      expect(vers).toEqual([1, 2, 3, 4])
      expect(events.length).toBe(6)
      expect(row?.ver).toBe(4)
      expect(await store.ver(thread)).toBe(4)
    })

    test('name the comment and never carry its text', async ({ store, thread, commit, createOp }) => {
      const { events } = await commit([createOp({ source: 'top secret', html: 'top secret' })])
      const stored = await store.events.since(thread, 0, 10)
      expect(JSON.stringify([events, stored]).includes('secret')).toBe(false)
      expect(Object.keys(events[0] ?? {}).sort()).toEqual(
        ['actor', 'at', 'comment', 'id', 'site', 'thread', 'type', 'v', 'ver'].sort(),
      )
    })
  })
}

/** Claims and delivers everything there is. */
async function deliver(events: Fixture['store']['events']): Promise<void> {
  for (;;) {
    const claimed: EventRow[] = await events.claim({ limit: 500, leaseMs: 1_000, now: 90_000, before: 90_000 })
    if (claimed.length === 0) return
    await events.done(claimed.map(({ id }) => id))
  }
}
