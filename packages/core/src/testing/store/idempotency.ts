import type { StoreTests } from './fixture.ts'
import { ada, bob } from './fixture.ts'

const key = { scope: ada.id, value: 'once', hash: 'h1' }

export const idempotencyTests: StoreTests = ({ describe, test, expect }) => {
  describe('idempotency keys', () => {
    test('find the comment that the first request made', async ({ add, commit, createOp, threadRow }) => {
      const first = await add({ key })
      const { results, events } = await commit([createOp({ key, source: 'other text' })])
      expect(results).toEqual([{ ok: true, row: first, repeat: true }])
      expect(events).toEqual([])
      expect(await threadRow()).toMatchObject({ total: 1, ver: 1 })
    })

    test('find it as it is now', async ({ add, apply, createOp, now }) => {
      const first = await add({ key })
      await apply({ op: 'status', id: first.id, to: 'deleted', by: ada.id, at: now(), erase: true })
      expect(await apply(createOp({ key }))).toMatchObject({
        ok: true,
        repeat: true,
        row: { id: first.id, status: 'deleted', source: '' },
      })
    })

    test('find it although the thread was locked and the parent removed meanwhile', async ({
      add,
      apply,
      createOp,
      now,
    }) => {
      const root = await add()
      const first = await add({ key, parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'spam', by: ada.id, at: now() })
      await apply({ op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() })
      expect(await apply(createOp({ key, parent: root.id }))).toMatchObject({
        ok: true,
        repeat: true,
        row: { id: first.id },
      })
    })

    test('find it within one commit', async ({ commit, createOp, threadRow }) => {
      const first = createOp({ key })
      const { results } = await commit([first, createOp({ key })])
      expect(results).toMatchObject([
        { ok: true, repeat: false, row: { id: first.id } },
        { ok: true, repeat: true, row: { id: first.id } },
      ])
      expect(await threadRow()).toMatchObject({ total: 1 })
    })

    test('notice that they are used for something else', async ({ add, apply, createOp, threadRow }) => {
      await add({ key })
      const reused = createOp({ key: { ...key, hash: 'h2' } })
      expect(await apply(reused)).toEqual({ ok: false, error: 'key_reused', row: null })
      expect(await threadRow()).toMatchObject({ total: 1, ver: 1 })
    })

    test('belong to one scope and one thread', async ({ add, other, threadRow }) => {
      await add({ key })
      await add({ key: { ...key, scope: bob.id }, author: bob.id })
      await add({ key }, other)
      expect(await threadRow()).toMatchObject({ total: 2 })
      expect(await threadRow(other)).toMatchObject({ total: 1 })
    })

    test('are not confused when scope and value only look alike together', async ({ add, threadRow }) => {
      await add({ key: { scope: 'a', value: 'bc', hash: 'h' } })
      await add({ key: { scope: 'ab', value: 'c', hash: 'h' } })
      await add({ key: { scope: 'a:b', value: 'c', hash: 'h' } })
      await add({ key: { scope: 'a', value: 'b:c', hash: 'h' } })
      expect(await threadRow()).toMatchObject({ total: 4 })
    })

    test('of a failed request are free', async ({ apply, createOp, add }) => {
      expect(await apply(createOp({ key, parent: 'missing' }))).toMatchObject({ ok: false })
      const made = await add({ key: { ...key, hash: 'h2' } })
      expect(await apply(createOp({ key: { ...key, hash: 'h2' } }))).toMatchObject({
        repeat: true,
        row: { id: made.id },
      })
    })

    test('of a purged comment are free', async ({ add, apply, createOp, now }) => {
      const first = await add({ key })
      await apply({ op: 'purge', id: first.id, at: now() })
      expect(await apply(createOp({ key }))).toMatchObject({ ok: true, repeat: false })
    })

    test('are forgotten by prune, and only the old ones', async ({ store, commit, apply, createOp, threadRow }) => {
      const old = { ...key, value: 'old' }
      const young = { ...key, value: 'young' }
      await commit([createOp({ key: old })], { at: 1_000 })
      await commit([createOp({ key: young })], { at: 2_000 })
      await store.prune({ keysBefore: 2_000, eventsBefore: 0 })
      expect(await apply(createOp({ key: young }))).toMatchObject({ repeat: true })
      expect(await apply(createOp({ key: old }))).toMatchObject({ repeat: false })
      expect(await threadRow()).toMatchObject({ total: 3 })
    })

    test('are forgotten by prune also when there are very many', async ({ store, thread, commit, createOp }) => {
      for (let i = 0; i < 30; i++) {
        const ops = Array.from({ length: 40 }, (_, j) => createOp({ key: { ...key, value: `${i}.${j}` } }))
        await commit(ops, { at: 1_000 + i, silent: true })
      }
      await store.prune({ keysBefore: 1_029, eventsBefore: 0 })
      const again = await commit([
        createOp({ key: { ...key, value: '28.39' } }),
        createOp({ key: { ...key, value: '0.0' } }),
        createOp({ key: { ...key, value: '29.0' } }),
      ])
      expect(again.results.map((result) => result.ok && result.repeat)).toEqual([false, false, true])
      expect(await store.threads('blog', [thread.thread])).toMatchObject([{ total: 1202 }])
    })
  })
}
