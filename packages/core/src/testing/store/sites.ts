import type { Op } from '../../ports/index.ts'
import type { StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

export const siteTests: StoreTests = ({ describe, test, expect }) => {
  describe('two sites are strangers', () => {
    test('nothing of a thread is in an answer that names another site', async ({ store, thread, add, apply, now }) => {
      const root = await add({ key: { scope: 's', value: 'v', hash: 'h' } })
      await add({ parent: root.id })
      await add({ status: 'pending' })
      await apply({ op: 'edit', id: root.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() })
      const forged = { thread: thread.thread, site: 'shop' }
      expect(await store.ver(forged)).toBe(0)
      expect(await store.page({ ...forged, parent: null, sort: 'newest', limit: 10, replies: 3 })).toEqual({
        thread: null,
        rows: [],
        more: false,
        replies: new Map(),
      })
      expect(await store.page({ ...forged, parent: root.id, sort: 'newest', limit: 10 })).toMatchObject({ rows: [] })
      expect(await store.replies(forged, [root.id], 3)).toEqual(new Map())
      expect(await store.rows(forged, [root.id])).toEqual([null])
      expect(await store.threads('shop', [thread.thread])).toEqual([null])
      expect(await store.listThreads('shop', { limit: 10 })).toEqual([])
      expect(await store.mine(forged, ada.id, 10)).toEqual([])
      expect(await store.scan(forged, { limit: 10 })).toEqual([])
      expect(await store.revisions(forged, root.id)).toEqual([])
      expect(await store.events.since(forged, 0, 10)).toEqual([])
      expect(await store.list({ by: 'site', site: 'shop', limit: 10 })).toEqual([])
      expect(await store.list({ by: 'author', site: 'shop', user: ada.id, limit: 10 })).toEqual([])
      expect(await store.list({ by: 'queue', site: 'shop', status: 'pending', limit: 10 })).toEqual([])
    })

    test('a commit that names another site finds nothing and writes nothing', async (fixture) => {
      const { store, thread, add, commit, createOp, now, row, threadRow } = fixture
      const root = await add({ key: { scope: 's', value: 'v', hash: 'h' } })
      const before = await threadRow()
      const ops: Op[] = [
        createOp(),
        createOp({ key: { scope: 's', value: 'v', hash: 'h' } }),
        createOp({ parent: root.id, imported: true }),
        { op: 'edit', id: root.id, ifRev: 1, source: 'x', html: 'x', by: ada.id, at: now() },
        { op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() },
        { op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() },
        { op: 'purge', id: root.id, at: now() },
      ]
      const forged = { ...thread, site: 'shop', url: 'https://evil.example', title: 'Evil' }
      const answer = await commit(ops, {}, forged)
      expect(answer).toEqual({
        thread: null,
        results: ops.map(() => ({ ok: false, error: 'not_found', row: null })),
        events: [],
      })
      expect(await row(root.id)).toEqual(root)
      expect(await threadRow()).toEqual(before)
      expect(await store.siteOf(thread.thread)).toBe('blog')
    })

    test('the same page key is another thread on another site', async ({ add, stranger, threadRow }) => {
      await add()
      await add({}, stranger)
      await add({}, stranger)
      expect(await threadRow()).toMatchObject({ total: 1, ver: 1 })
      expect(await threadRow(stranger)).toMatchObject({ total: 2, ver: 2 })
    })

    test('the same comment id in two threads is two comments', async ({ add, apply, now, row, stranger }) => {
      const mine = await add()
      const theirs = await add({ id: mine.id, source: 'theirs' }, stranger)
      await apply({ op: 'status', id: mine.id, to: 'deleted', by: ada.id, at: now(), erase: true })
      expect(await row(mine.id, stranger)).toEqual(theirs)
    })
  })
}
