import type { StoreTests } from './fixture.ts'
import { ada, bob } from './fixture.ts'

export const editTests: StoreTests = ({ describe, test, expect }) => {
  describe('edit', () => {
    test('replaces the text, raises rev and keeps what was there', async ({ store, thread, add, apply, row }) => {
      const comment = await add()
      const edited = { ...comment, source: 'two', html: '<p>two</p>', rev: 2, editedAt: 50 }
      const result = await apply({
        op: 'edit',
        id: comment.id,
        ifRev: 1,
        source: 'two',
        html: '<p>two</p>',
        by: bob.id,
        at: 50,
      })
      expect(result).toStrictEqual({ ok: true, row: edited, repeat: false })
      expect(await row(comment.id)).toStrictEqual(edited)
      await apply({ op: 'edit', id: comment.id, ifRev: 2, source: 'three', html: '3', by: ada.id, at: 60 })
      expect(await store.revisions(thread, comment.id)).toStrictEqual([
        { rev: 1, source: '*Hello*', by: bob.id, at: 50 },
        { rev: 2, source: 'two', by: ada.id, at: 60 },
      ])
    })

    test('tells of a published comment with one event and changes no count', async ({ add, commit, now }) => {
      const comment = await add()
      const op = { op: 'edit', id: comment.id, ifRev: 1, source: 'b', html: 'b', by: bob.id, at: now() } as const
      const { events, thread } = await commit([op])
      expect(events).toMatchObject([{ type: 'comment.edited', ver: 2, comment: comment.id, actor: bob.id }])
      expect(thread).toMatchObject({ ver: 2, total: 1, roots: 1 })
    })

    test('of what readers do not see is no event', async ({ store, thread, add, commit, apply, now }) => {
      const pending = await add({ status: 'pending' })
      const root = await add()
      await add({ parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'rejected', by: ada.id, at: now() })
      const ver = await store.ver(thread)
      for (const id of [pending.id, root.id]) {
        const { events, results } = await commit([
          { op: 'edit', id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() },
        ])
        expect(events).toEqual([])
        expect(results).toMatchObject([{ ok: true, row: { rev: 2, source: 'b' } }])
      }
      expect(await store.ver(thread)).toBe(ver)
    })

    test('with an old rev is a conflict that shows the present comment', async ({ store, thread, add, apply, now }) => {
      const comment = await add()
      const edit = { op: 'edit', id: comment.id, ifRev: 1, source: 'b', html: 'b', by: ada.id } as const
      const first = await apply({ ...edit, at: now() })
      const second = await apply({ ...edit, source: 'c', at: now() })
      expect(second).toStrictEqual({ ok: false, error: 'conflict', row: first.row })
      expect(await store.revisions(thread, comment.id)).toMatchObject([{ rev: 1 }])
      expect(await store.ver(thread)).toBe(2)
    })

    test('of two in one commit lets one win', async ({ add, commit, now, row }) => {
      const comment = await add()
      const edit = { op: 'edit', id: comment.id, ifRev: 1, html: 'x', by: ada.id } as const
      const { results } = await commit([
        { ...edit, source: 'first', at: now() },
        { ...edit, source: 'second', at: now() },
      ])
      expect(results.map((result) => (result.ok ? 'ok' : result.error))).toEqual(['ok', 'conflict'])
      expect(await row(comment.id)).toMatchObject({ source: 'first', rev: 2 })
    })

    test('of a deleted comment is a conflict: the text does not come back', async ({
      store,
      thread,
      add,
      apply,
      now,
      row,
    }) => {
      const comment = await add()
      await apply({ op: 'status', id: comment.id, to: 'deleted', by: ada.id, at: now(), erase: true })
      const late = await apply({
        op: 'edit',
        id: comment.id,
        ifRev: 1,
        source: 'back',
        html: 'back',
        by: ada.id,
        at: now(),
      })
      expect(late).toMatchObject({ ok: false, error: 'conflict', row: { status: 'deleted' } })
      expect(await row(comment.id)).toMatchObject({ source: '', html: '', rev: 1 })
      expect(await store.revisions(thread, comment.id)).toEqual([])
    })

    test('of nothing is not_found', async ({ apply, now }) => {
      expect(
        await apply({ op: 'edit', id: 'missing', ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() }),
      ).toEqual({
        ok: false,
        error: 'not_found',
        row: null,
      })
    })
  })
}
