import type { Status } from '../../ports/index.ts'
import type { StoreTests } from './fixture.ts'
import { ada, bob } from './fixture.ts'

const statuses: readonly Status[] = ['published', 'pending', 'spam', 'rejected', 'deleted']
const unpublished = statuses.slice(1)

export const statusTests: StoreTests = ({ describe, test, expect }) => {
  describe('status', () => {
    test('moves from each status to each other, with the right counts and events', async ({
      add,
      commit,
      now,
      threadRow,
    }) => {
      for (const from of statuses) {
        for (const to of statuses) {
          const comment = await add({ status: from })
          const before = await threadRow()
          const { results, events, thread } = await commit([
            { op: 'status', id: comment.id, to, by: bob.id, at: now() },
          ])
          const label = `${from} -> ${to}`
          expect(results, label).toMatchObject([
            {
              ok: true,
              repeat: from === to,
              row: { status: to, visible: to === 'published', rev: 1, source: '*Hello*' },
            },
          ])
          const expected: string[] = []
          if (from !== 'published' && to === 'published') expected.push('comment.created')
          if (from === 'published' && to !== 'published') expected.push('comment.removed')
          if (from !== 'pending' && to === 'pending') expected.push('comment.queued')
          expect(
            events.map((event) => event.type),
            label,
          ).toEqual(expected)
          expect(
            events.every((event) => event.actor === bob.id && event.comment === comment.id),
            label,
          ).toBe(true)
          const step = Number(to === 'published') - Number(from === 'published')
          expect(thread, label).toMatchObject({
            total: (before?.total ?? 0) + step,
            roots: (before?.roots ?? 0) + step,
            ver: (before?.ver ?? 0) + Math.abs(step),
          })
        }
      }
    })

    test('leaves a placeholder where visible replies stand', async ({ store, thread, add, commit, now, row }) => {
      const root = await add()
      const reply = await add({ parent: root.id })
      for (const to of unpublished) {
        const gone = await commit([{ op: 'status', id: root.id, to, by: ada.id, at: now() }])
        expect(gone.results).toMatchObject([
          { ok: true, row: { status: to, visible: true, replies: 1, descendants: 1 } },
        ])
        expect(gone.thread).toMatchObject({ total: 1, roots: 1 })
        expect(gone.events[0]).toMatchObject({ type: 'comment.removed', comment: root.id })
        const { rows } = await store.page({ ...thread, parent: null, sort: 'newest', limit: 10, replies: 3 })
        expect(rows.map(({ id }) => id)).toEqual([root.id])

        const back = await commit([{ op: 'status', id: root.id, to: 'published', by: ada.id, at: now() }])
        expect(back.events).toMatchObject([{ type: 'comment.created', comment: root.id }])
        expect(back.thread).toMatchObject({ total: 2, roots: 1 })
      }
      expect(await row(reply.id)).toMatchObject({ visible: true })
    })

    test('takes placeholders away with their last reply, from the bottom up', async ({
      add,
      commit,
      apply,
      now,
      row,
    }) => {
      const root = await add()
      const middle = await add({ parent: root.id })
      const leaf = await add({ parent: middle.id })
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
      await apply({ op: 'status', id: middle.id, to: 'rejected', by: ada.id, at: now() })
      const { events, thread } = await commit([{ op: 'status', id: leaf.id, to: 'spam', by: bob.id, at: now() }])
      expect(events.map(({ type, comment }) => [type, comment])).toEqual([
        ['comment.removed', leaf.id],
        ['comment.removed', middle.id],
        ['comment.removed', root.id],
      ])
      const vers = events.map((event) => event.ver ?? 0)
      expect(vers).toEqual([6, 7, 8])
      expect(thread).toMatchObject({ total: 0, roots: 0, ver: 8 })
      expect(await row(root.id)).toMatchObject({ visible: false, replies: 0, descendants: 0 })
      expect(await row(middle.id)).toMatchObject({ visible: false, replies: 0, descendants: 0 })

      const back = await commit([{ op: 'status', id: leaf.id, to: 'published', by: bob.id, at: now() }])
      expect(back.events.map(({ type, comment }) => [type, comment])).toEqual([
        ['comment.created', root.id],
        ['comment.created', middle.id],
        ['comment.created', leaf.id],
      ])
      expect(back.thread).toMatchObject({ total: 1, roots: 1 })
      expect(await row(root.id)).toMatchObject({ visible: true, replies: 1, descendants: 1 })
    })

    test('stops at the first ancestor that stays', async ({ add, commit, apply, now, row }) => {
      const root = await add()
      const middle = await add({ parent: root.id })
      const leaf = await add({ parent: middle.id })
      await apply({ op: 'status', id: middle.id, to: 'deleted', by: ada.id, at: now() })
      const { events } = await commit([{ op: 'status', id: leaf.id, to: 'deleted', by: ada.id, at: now() }])
      expect(events.map(({ comment }) => comment)).toEqual([leaf.id, middle.id])
      expect(await row(root.id)).toMatchObject({ visible: true, replies: 0, descendants: 0 })
    })

    test('keeps a placeholder while one of several replies is left', async ({ add, apply, now, row }) => {
      const root = await add()
      const replies = [await add({ parent: root.id }), await add({ parent: root.id })]
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
      await apply({ op: 'status', id: replies[0]?.id ?? '', to: 'deleted', by: ada.id, at: now() })
      expect(await row(root.id)).toMatchObject({ visible: true, replies: 1, descendants: 1 })
      await apply({ op: 'status', id: replies[1]?.id ?? '', to: 'deleted', by: ada.id, at: now() })
      expect(await row(root.id)).toMatchObject({ visible: false, replies: 0, descendants: 0 })
    })

    test('counts published replies below hidden ones', async ({ add, apply, now, row }) => {
      const root = await add()
      const middle = await add({ parent: root.id })
      await add({ parent: middle.id })
      await apply({ op: 'status', id: middle.id, to: 'spam', by: ada.id, at: now() })
      expect(await row(root.id)).toMatchObject({ replies: 1, descendants: 1 })
      expect(await row(middle.id)).toMatchObject({ visible: true, replies: 1, descendants: 1 })
    })

    test('is refused where ifStatus does not hold', async ({ add, apply, now, row }) => {
      const comment = await add({ status: 'pending' })
      const approve = {
        op: 'status',
        id: comment.id,
        to: 'published',
        by: ada.id,
        ifStatus: ['pending', 'spam'],
      } as const
      const first = await apply({ ...approve, at: now() })
      expect(first).toMatchObject({ ok: true, repeat: false })
      expect(await apply({ ...approve, at: now() })).toStrictEqual({ ok: false, error: 'conflict', row: first.row })
      expect(await apply({ ...approve, to: 'spam', at: now() })).toMatchObject({ ok: false, error: 'conflict' })
      expect(await row(comment.id)).toMatchObject({ status: 'published' })
    })

    test('erases text and revisions for good', async ({ store, thread, add, apply, now, row }) => {
      const comment = await add()
      await apply({ op: 'edit', id: comment.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() })
      await apply({ op: 'status', id: comment.id, to: 'deleted', by: ada.id, at: now(), erase: true })
      expect(await row(comment.id)).toMatchObject({
        source: '',
        html: '',
        status: 'deleted',
        rev: 2,
        author: { id: ada.id },
      })
      expect(await store.revisions(thread, comment.id)).toEqual([])
      await apply({ op: 'status', id: comment.id, to: 'published', by: ada.id, at: now() })
      expect(await row(comment.id)).toMatchObject({ source: '', html: '' })
    })

    test('erases also where the status stays, once', async ({ store, thread, add, apply, commit, now, row }) => {
      const comment = await add()
      await apply({ op: 'status', id: comment.id, to: 'deleted', by: ada.id, at: now() })
      expect(await row(comment.id)).toMatchObject({ source: '*Hello*' })
      const erase = { op: 'status', id: comment.id, to: 'deleted', by: ada.id, erase: true } as const
      const first = await commit([{ ...erase, at: now() }])
      expect(first.results).toMatchObject([{ ok: true, repeat: false, row: { source: '' } }])
      expect(first.events).toEqual([])
      expect(await apply({ ...erase, at: now() })).toMatchObject({ ok: true, repeat: true })
      expect(await store.ver(thread)).toBe(2)
    })

    test('erased on a published comment is told as an edit', async ({ add, commit, now }) => {
      const comment = await add()
      const { events } = await commit([
        { op: 'status', id: comment.id, to: 'published', by: ada.id, at: now(), erase: true },
      ])
      expect(events).toMatchObject([{ type: 'comment.edited', comment: comment.id, ver: 2 }])
    })

    test('erases what was edited in the same commit', async ({ store, thread, add, commit, now, row }) => {
      const comment = await add()
      await commit([
        { op: 'edit', id: comment.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() },
        { op: 'status', id: comment.id, to: 'deleted', by: ada.id, at: now(), erase: true },
      ])
      expect(await row(comment.id)).toMatchObject({ source: '', html: '', rev: 2 })
      expect(await store.revisions(thread, comment.id)).toEqual([])
    })

    test('of nothing is not_found', async ({ apply, now }) => {
      expect(await apply({ op: 'status', id: 'missing', to: 'spam', by: ada.id, at: now() })).toEqual({
        ok: false,
        error: 'not_found',
        row: null,
      })
    })

    test('tells in a silent commit only that the thread changed', async ({ add, commit, now }) => {
      const comment = await add()
      const { events } = await commit([{ op: 'status', id: comment.id, to: 'pending', by: ada.id, at: now() }], {
        silent: true,
      })
      expect(events).toMatchObject([{ type: 'thread.changed', ver: 2, comment: null }])
    })
  })
}
