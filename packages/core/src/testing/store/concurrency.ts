import type { StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'
import { expectRecount } from './recount.ts'

const many = Array.from({ length: 50 }, (_, i) => i)

export const concurrencyTests: StoreTests = ({ describe, test, expect }) => {
  describe('many at once', () => {
    test('fifty commits on one thread: each is there, each version once', async ({
      store,
      thread,
      add,
      commit,
      createOp,
      threadRow,
    }) => {
      const root = await add()
      const commits = await Promise.all(many.map((i) => commit([createOp(i % 2 === 0 ? {} : { parent: root.id })])))
      expect(commits.every(({ results }) => results[0]?.ok)).toBe(true)
      const vers = commits.flatMap(({ events }) => events.map(({ ver }) => ver ?? 0)).sort((a, b) => a - b)
      expect(vers).toEqual(many.map((i) => i + 2))
      expect(await threadRow()).toMatchObject({ ver: 51, total: 51, roots: 26 })
      await expectRecount(expect, store, thread)
    })

    test('fifty commits on fifty threads do not meet', async ({ store, target, commit, createOp }) => {
      const targets = await Promise.all(many.map((i) => target('blog', `/many/${i}`)))
      await Promise.all(targets.map((one) => commit([createOp(), createOp()], {}, one)))
      const rows = await store.threads(
        'blog',
        targets.map(({ thread }) => thread),
      )
      expect(rows.every((row) => row?.total === 2 && row.ver === 2)).toBe(true)
      for (const one of targets.slice(0, 5)) await expectRecount(expect, store, one)
    })

    test('one that fails does not take its neighbours along', async ({
      store,
      thread,
      commit,
      createOp,
      threadRow,
    }) => {
      const outcomes = await Promise.all(
        many.map((i) =>
          commit([createOp(i % 5 === 0 ? { author: 'nobody' } : {})]).then(
            () => 'stored',
            () => 'refused',
          ),
        ),
      )
      expect(outcomes.filter((outcome) => outcome === 'stored').length).toBe(40)
      expect(await threadRow()).toMatchObject({ total: 40, ver: 40 })
      await expectRecount(expect, store, thread)
    })

    test('fifty requests with one idempotency key make one comment', async ({ store, thread, commit, createOp }) => {
      const key = { scope: ada.id, value: 'once', hash: 'h' }
      const commits = await Promise.all(many.map(() => commit([createOp({ key })])))
      const results = commits.flatMap((one) => one.results)
      expect(results.filter((result) => result.ok && !result.repeat).length).toBe(1)
      expect(new Set(results.map((result) => result.row?.id)).size).toBe(1)
      expect((await store.scan(thread, { limit: 100 })).length).toBe(1)
      expect(await store.ver(thread)).toBe(1)
    })

    test('fifty edits of one revision: one wins', async ({ add, apply, now, store, thread }) => {
      const comment = await add()
      const results = await Promise.all(
        many.map((i) =>
          apply({ op: 'edit', id: comment.id, ifRev: 1, source: `edit ${i}`, html: 'x', by: ada.id, at: now() }),
        ),
      )
      expect(results.filter((result) => result.ok).length).toBe(1)
      expect(results.filter((result) => !result.ok && result.error === 'conflict').length).toBe(49)
      expect((await store.revisions(thread, comment.id)).length).toBe(1)
    })

    test('replies race with the removal of their parent, and the sums stay right', async ({
      store,
      thread,
      add,
      apply,
      createOp,
      now,
    }) => {
      const root = await add()
      await Promise.all(
        many.map((i) =>
          i === 25
            ? apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
            : apply(createOp({ parent: root.id })),
        ),
      )
      await expectRecount(expect, store, thread)
    })

    test('readers see whole commits only', async ({ store, thread, commit, createOp }) => {
      let isWriting = true
      const writer = (async () => {
        for (let i = 0; i < 20; i++) await commit([createOp(), createOp()])
        isWriting = false
      })()
      while (isWriting) {
        // A store that answers at once would otherwise never let the writer have its turn.
        await new Promise((resolve) => setTimeout(resolve, 0))
        const { thread: row, rows } = await store.page({ ...thread, parent: null, sort: 'newest', limit: 100 })
        expect((row?.ver ?? 0) % 2).toBe(0)
        expect(rows.length % 2).toBe(0)
        expect(rows.length >= (row?.total ?? 0)).toBe(true)
      }
      await writer
    })

    test('fifty increments of one record all count', async ({ store }) => {
      const records = store.records({ name: 'counters', indexes: { byCount: ['count'] } })
      await records.write('blog', [{ put: { id: 'c', count: 0 } }])
      const results = await Promise.all(many.map(() => records.write('blog', [{ inc: { id: 'c', by: { count: 1 } } }])))
      expect(results.flat()).toEqual(many.map(() => 'ok'))
      expect(await records.get('blog', 'c')).toEqual({ id: 'c', count: 50, rev: 51 })
      expect(await records.list('blog', 'byCount', { prefix: [50], limit: 2 })).toMatchObject({ rows: [{ id: 'c' }] })
    })

    test('a guarded counter never passes its bound', async ({ store }) => {
      const records = store.records({ name: 'seats', indexes: {} })
      await records.write('blog', [{ put: { id: 's', left: 7 } }])
      const results = await Promise.all(
        many.map(() =>
          records.write('blog', [{ inc: { id: 's', by: { left: -1 }, guard: { field: 'left', min: 0 } } }]),
        ),
      )
      expect(results.flat().filter((result) => result === 'ok').length).toBe(7)
      expect(results.flat().filter((result) => result === 'guard').length).toBe(43)
      expect(await records.get('blog', 's')).toMatchObject({ left: 0 })
    })

    test('twenty racing deletes and twenty racing inserts have one winner each', async ({ store }) => {
      const records = store.records({ name: 'races', indexes: {} })
      const twenty = many.slice(0, 20)
      const inserts = await Promise.all(
        twenty.map((i) => records.write('blog', [{ put: { id: 'one', i }, ifRev: 'absent' }])),
      )
      expect(inserts.flat().filter((result) => result === 'ok').length).toBe(1)
      const deletes = await Promise.all(twenty.map(() => records.write('blog', [{ del: 'one', ifRev: 1 }])))
      expect(deletes.flat().filter((result) => result === 'ok').length).toBe(1)
      expect(deletes.flat().filter((result) => result === 'missing').length).toBe(19)
    })
  })
}
