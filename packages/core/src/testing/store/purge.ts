import type { StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

export const purgeTests: StoreTests = ({ describe, test, expect }) => {
  describe('purge', () => {
    test('takes a comment away as if it had never been', async ({ store, thread, add, apply, commit, now, row }) => {
      const comment = await add()
      await apply({ op: 'edit', id: comment.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() })
      const { results, events, thread: after } = await commit([{ op: 'purge', id: comment.id, at: now() }])
      expect(results).toEqual([{ ok: true, row: null, repeat: false }])
      expect(events).toMatchObject([{ type: 'comment.removed', comment: comment.id, actor: null, ver: 3 }])
      expect(after).toMatchObject({ total: 0, roots: 0, ver: 3 })
      expect(await row(comment.id)).toBe(null)
      expect(await store.revisions(thread, comment.id)).toEqual([])
      expect(await store.scan(thread, { limit: 10 })).toEqual([])
      expect(await store.list({ by: 'author', site: 'blog', user: ada.id, limit: 10 })).toEqual([])
    })

    test('of a comment nobody saw is no event', async ({ add, commit, now }) => {
      const comment = await add({ status: 'pending' })
      const { events, thread } = await commit([{ op: 'purge', id: comment.id, at: now() }])
      expect(events).toEqual([])
      expect(thread).toMatchObject({ ver: 0, total: 0 })
    })

    test('leaves an erased placeholder where others stand below, seen or not', async ({
      store,
      thread,
      add,
      apply,
      commit,
      now,
      row,
    }) => {
      for (const status of ['published', 'pending'] as const) {
        const root = await add()
        await apply({ op: 'edit', id: root.id, ifRev: 1, source: 'b', html: 'b', by: ada.id, at: now() })
        const reply = await add({ parent: root.id, status })
        const { results } = await commit([{ op: 'purge', id: root.id, at: now() }])
        expect(results, status).toEqual([{ ok: true, row: null, repeat: false }])
        expect(await row(root.id), status).toMatchObject({
          status: 'deleted',
          source: '',
          html: '',
          visible: status === 'published',
        })
        expect(await store.revisions(thread, root.id), status).toEqual([])
        expect(await row(reply.id), status).toMatchObject({ parent: root.id, source: '*Hello*' })
        expect(await apply({ op: 'purge', id: root.id, at: now() }), status).toEqual({
          ok: true,
          row: null,
          repeat: true,
        })
      }
    })

    test('of a whole branch, replies first, leaves nothing', async ({ store, thread, add, commit, now, threadRow }) => {
      const root = await add()
      const middle = await add({ parent: root.id })
      const leaf = await add({ parent: middle.id })
      const { results } = await commit([leaf, middle, root].map(({ id }) => ({ op: 'purge', id, at: now() })))
      expect(results.every((result) => result.ok)).toBe(true)
      expect(await store.scan(thread, { limit: 10 })).toEqual([])
      expect(await threadRow()).toMatchObject({ total: 0, roots: 0, ver: 6 })
    })

    test('of a placeholder whose replies are gone takes it away', async ({ add, apply, now, row }) => {
      const root = await add()
      const leaf = await add({ parent: root.id })
      await apply({ op: 'purge', id: root.id, at: now() })
      await apply({ op: 'purge', id: leaf.id, at: now() })
      expect(await row(root.id)).toMatchObject({ status: 'deleted', visible: false, replies: 0, descendants: 0 })
      expect(await apply({ op: 'purge', id: root.id, at: now() })).toEqual({ ok: true, row: null, repeat: false })
      expect(await row(root.id)).toBe(null)
    })

    test('takes placeholders above away with it', async ({ add, apply, commit, now }) => {
      const root = await add()
      const leaf = await add({ parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
      const { events, thread } = await commit([{ op: 'purge', id: leaf.id, at: now() }])
      expect(events.map(({ type, comment }) => [type, comment])).toEqual([
        ['comment.removed', leaf.id],
        ['comment.removed', root.id],
      ])
      expect(thread).toMatchObject({ total: 0, roots: 0 })
    })

    test('counts what the same commit added and took away', async ({
      store,
      thread,
      add,
      commit,
      createOp,
      now,
      row,
    }) => {
      const root = await add()
      const old = await add({ parent: root.id })
      const fresh = createOp({ parent: root.id })
      const kept = await commit([
        fresh,
        { op: 'purge', id: old.id, at: now() },
        { op: 'purge', id: root.id, at: now() },
      ])
      expect(kept.results.map((result) => result.ok)).toEqual([true, true, true])
      expect(await row(root.id)).toMatchObject({ status: 'deleted', replies: 1, descendants: 1 })
      await commit([
        { op: 'purge', id: fresh.id, at: now() },
        { op: 'purge', id: root.id, at: now() },
      ])
      expect(await store.scan(thread, { limit: 10 })).toEqual([])
    })

    test('sees the reply that is left when the same commit takes another away', async ({ add, commit, now, row }) => {
      const root = await add()
      const first = await add({ parent: root.id })
      await add({ parent: root.id, status: 'pending' })
      await commit([
        { op: 'purge', id: first.id, at: now() },
        { op: 'purge', id: root.id, at: now() },
      ])
      expect(await row(first.id)).toBe(null)
      expect(await row(root.id)).toMatchObject({ status: 'deleted', visible: false, replies: 0, descendants: 0 })
    })

    test('frees the id, also within the commit', async ({ add, commit, createOp, now, row, threadRow }) => {
      const first = await add()
      const again = createOp({ id: first.id, source: 'again' })
      const { results } = await commit([{ op: 'purge', id: first.id, at: now() }, again])
      expect(results.map((result) => result.ok)).toEqual([true, true])
      expect(await row(first.id)).toMatchObject({ source: 'again', rev: 1, visible: true })
      expect(await threadRow()).toMatchObject({ total: 1, roots: 1, ver: 3 })
    })

    test('of nothing is not_found', async ({ apply, now }) => {
      expect(await apply({ op: 'purge', id: 'missing', at: now() })).toEqual({
        ok: false,
        error: 'not_found',
        row: null,
      })
    })
  })
}
