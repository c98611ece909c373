import type { CommentRow, Id } from '../../ports/index.ts'
import type { StoreTests } from './fixture.ts'
import { ada, bob } from './fixture.ts'

export const listTests: StoreTests = ({ describe, test, expect }) => {
  describe('lists', () => {
    test('rows: by id, in the order asked, whatever the status', async ({ store, thread, add }) => {
      const a = await add({ status: 'spam' })
      const b = await add({ status: 'deleted' })
      expect(await store.rows(thread, [b.id, 'missing', a.id, b.id])).toEqual([b, null, a, b])
      expect(await store.rows(thread, [])).toEqual([])
    })

    test('mine: what one user wrote here, newest first, without what is deleted', async ({
      store,
      thread,
      other,
      add,
    }) => {
      const first = await add()
      const pending = await add({ parent: first.id, status: 'pending' })
      const rejected = await add({ status: 'rejected' })
      await add({ status: 'deleted' })
      await add({ author: bob.id })
      await add({}, other)
      expect(await store.mine(thread, ada.id, 10)).toEqual([rejected, pending, first])
      expect(await store.mine(thread, ada.id, 2)).toEqual([rejected, pending])
      expect(await store.mine(thread, 'nobody', 2)).toEqual([])
    })

    test('site: the newest published comments of all threads', async ({ store, other, stranger, add }) => {
      const a = await add()
      const b = await add({}, other)
      await add({ status: 'pending' })
      await add({}, stranger)
      const c = await add({ parent: a.id })
      expect(idsOf(await store.list({ by: 'site', site: 'blog', limit: 10 }))).toEqual([c.id, b.id, a.id])
      expect(idsOf(await store.list({ by: 'site', site: 'blog', limit: 1 }))).toEqual([c.id])
      expect(idsOf(await store.list({ by: 'site', site: 'blog', limit: 10, after: c.id }))).toEqual([b.id, a.id])
      expect(await store.list({ by: 'site', site: 'nowhere', limit: 10 })).toEqual([])
    })

    test('site: a placeholder is not a published comment', async ({ store, add, apply, now }) => {
      const root = await add()
      const reply = await add({ parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
      expect(idsOf(await store.list({ by: 'site', site: 'blog', limit: 10 }))).toEqual([reply.id])
    })

    test('queue: what waits for a moderator, oldest first', async ({ store, other, add, apply, now }) => {
      const a = await add({ status: 'pending' })
      const spam = await add({ status: 'spam' })
      const b = await add({ status: 'pending' }, other)
      const c = await add({ status: 'pending' })
      const queue = async (after?: Id) =>
        idsOf(await store.list({ by: 'queue', site: 'blog', status: 'pending', limit: 2, ...(after && { after }) }))
      expect(await queue()).toEqual([a.id, b.id])
      expect(await queue(b.id)).toEqual([c.id])
      expect(idsOf(await store.list({ by: 'queue', site: 'blog', status: 'spam', limit: 9 }))).toEqual([spam.id])
      await apply({ op: 'status', id: a.id, to: 'published', by: ada.id, at: now() })
      expect(await queue()).toEqual([b.id, c.id])
      expect(await store.list({ by: 'queue', site: 'shop', status: 'pending', limit: 9 })).toEqual([])
    })

    test('author: everything one user wrote on a site, newest first', async ({ store, other, stranger, add }) => {
      const a = await add()
      const b = await add({ status: 'deleted' }, other)
      await add({ author: bob.id })
      await add({}, stranger)
      const c = await add({ status: 'spam' })
      const list = async (limit: number, after?: Id) =>
        idsOf(await store.list({ by: 'author', site: 'blog', user: ada.id, limit, ...(after && { after }) }))
      expect(await list(10)).toEqual([c.id, b.id, a.id])
      expect(await list(1)).toEqual([c.id])
      expect(await list(10, b.id)).toEqual([a.id])
    })

    test('scan: every comment once, by id, page by page', async ({ store, thread, add }) => {
      const made: CommentRow[] = []
      const root = await add()
      made.push(root)
      for (const status of ['published', 'pending', 'spam', 'rejected', 'deleted'] as const) {
        made.push(await add({ status }), await add({ status, parent: root.id }))
      }
      const scanned: Id[] = []
      for (;;) {
        const after = scanned.at(-1)
        const rows = await store.scan(thread, { limit: 4, ...(after !== undefined && { after }) })
        if (rows.length === 0) break
        scanned.push(...idsOf(rows))
      }
      expect(scanned).toEqual(idsOf(made).sort())
    })
  })
}

function idsOf(rows: readonly CommentRow[]): Id[] {
  return rows.map(({ id }) => id)
}
