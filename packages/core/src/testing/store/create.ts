import type { StoreTests } from './fixture.ts'
import { ada, bob } from './fixture.ts'

export const createTests: StoreTests = ({ describe, test, expect }) => {
  describe('create', () => {
    test('stores a root as it was given, with its author', async ({ store, createOp, apply, row }) => {
      await store.users.put({
        ...ada,
        avatar: 'https://a.example/a.png',
        website: 'https://ada.example',
        role: 'admin',
      })
      const op = createOp({ at: 4_000 })
      const result = await apply(op)
      const expected = {
        id: op.id,
        thread: (await row(op.id))?.thread,
        parent: null,
        root: op.id,
        path: [op.id],
        depth: 0,
        replyTo: null,
        author: {
          id: ada.id,
          name: 'Ada',
          avatar: 'https://a.example/a.png',
          website: 'https://ada.example',
          role: 'admin',
        },
        status: 'published',
        visible: true,
        rev: 1,
        source: '*Hello*',
        html: '<p><em>Hello</em></p>\n',
        up: 0,
        down: 0,
        replies: 0,
        descendants: 0,
        at: 4_000,
        editedAt: null,
      }
      expect(result).toStrictEqual({ ok: true, row: expected, repeat: false })
      expect(await row(op.id)).toStrictEqual(expected)
    })

    test('stores replies with their ancestors and counts them all the way up', async ({ add, row, threadRow }) => {
      const root = await add()
      const reply = await add({ parent: root.id, author: bob.id })
      const deep = await add({ parent: reply.id, replyTo: reply.id })
      const deepest = await add({ parent: deep.id })
      expect(deepest).toMatchObject({
        root: root.id,
        path: [root.id, reply.id, deep.id, deepest.id],
        depth: 3,
        replyTo: null,
      })
      expect(deep).toMatchObject({ replyTo: reply.id, replies: 0 })
      expect(await row(root.id)).toMatchObject({ replies: 1, descendants: 3 })
      expect(await row(reply.id)).toMatchObject({ replies: 1, descendants: 2, author: { name: 'Bob' } })
      expect(await row(deep.id)).toMatchObject({ replies: 1, descendants: 1 })
      expect(await threadRow()).toMatchObject({ total: 4, roots: 1, ver: 4 })
    })

    test('takes a branch of 32 levels', async ({ add, row, threadRow }) => {
      let parent = await add()
      const root = parent
      for (let depth = 1; depth < 32; depth++) parent = await add({ parent: parent.id })
      expect(parent.depth).toBe(31)
      expect(await row(root.id)).toMatchObject({ replies: 1, descendants: 31 })
      expect(await threadRow()).toMatchObject({ total: 32, roots: 1 })
    })

    test('tells of a published comment with one event', async ({ createOp, commit, thread }) => {
      const op = createOp()
      const { events } = await commit([op], { at: 7_000 })
      expect(events).toMatchObject([
        {
          type: 'comment.created',
          v: 1,
          site: thread.site,
          thread: thread.thread,
          ver: 1,
          comment: op.id,
          actor: ada.id,
          at: 7_000,
        },
      ])
    })

    test('keeps a pending comment to itself: queued, no ver, no counts', async ({
      store,
      thread,
      createOp,
      commit,
    }) => {
      const op = createOp({ status: 'pending' })
      const { events, thread: row } = await commit([op])
      expect(events).toMatchObject([{ type: 'comment.queued', ver: null, comment: op.id, actor: ada.id }])
      expect(row).toMatchObject({ ver: 0, total: 0, roots: 0, lastAt: null })
      expect(await store.events.since(thread, 0, 10)).toEqual([])
    })

    test('says nothing of a comment that is spam, rejected or deleted from the start', async ({
      createOp,
      commit,
      threadRow,
    }) => {
      const { events } = await commit([
        createOp({ status: 'spam' }),
        createOp({ status: 'rejected' }),
        createOp({ status: 'deleted' }),
      ])
      expect(events).toEqual([])
      expect(await threadRow()).toMatchObject({ ver: 0, total: 0, roots: 0 })
    })

    test('refuses a reply to nothing and to what is not published', async ({ add, apply, createOp, threadRow }) => {
      const pending = await add({ status: 'pending' })
      const before = await threadRow()
      for (const parent of ['missing', pending.id]) {
        expect(await apply(createOp({ parent }))).toEqual({ ok: false, error: 'parent_not_found', row: null })
      }
      expect(await threadRow()).toEqual(before)
    })

    test('refuses a reply to a comment of another thread', async ({ add, other, apply, createOp }) => {
      const elsewhere = await add({}, other)
      expect(await apply(createOp({ parent: elsewhere.id }))).toMatchObject({ ok: false, error: 'parent_not_found' })
    })

    test('refuses a reply to a placeholder', async ({ add, apply, createOp, now }) => {
      const root = await add()
      await add({ parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now() })
      expect(await apply(createOp({ parent: root.id }))).toMatchObject({ ok: false, error: 'parent_not_found' })
    })

    test('refuses comments where the thread is locked or hidden', async ({ add, apply, createOp, now, threadRow }) => {
      const root = await add()
      for (const state of ['locked', 'hidden'] as const) {
        await apply({ op: 'thread', set: { state }, by: ada.id, at: now() })
        expect(await apply(createOp())).toEqual({ ok: false, error: 'locked', row: null })
        expect(await apply(createOp({ parent: root.id }))).toMatchObject({ error: 'locked' })
      }
      await apply({ op: 'thread', set: { state: 'open' }, by: ada.id, at: now() })
      expect(await apply(createOp())).toMatchObject({ ok: true })
      expect(await threadRow()).toMatchObject({ total: 2, ver: 5 })
    })

    test('sees a lock that comes earlier in the same commit', async ({ commit, createOp, now }) => {
      const { results } = await commit([
        createOp(),
        { op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() },
        createOp(),
      ])
      expect(results.map((result) => (result.ok ? 'ok' : result.error))).toEqual(['ok', 'ok', 'locked'])
    })

    test('refuses an id that is taken', async ({ add, apply, createOp, row }) => {
      const first = await add()
      const second = createOp({ id: first.id, author: bob.id, source: 'mine now' })
      expect(await apply(second)).toEqual({ ok: false, error: 'exists', row: null })
      expect(await row(first.id)).toEqual(first)
    })

    test('does not let one failing op undo the others', async ({ commit, createOp, now, threadRow, row }) => {
      const root = createOp()
      const reply = createOp({ parent: root.id })
      const { results, events } = await commit([
        root,
        createOp({ parent: 'missing' }),
        reply,
        { op: 'edit', id: root.id, ifRev: 5, source: 'x', html: 'x', by: ada.id, at: now() },
        createOp({ id: root.id }),
      ])
      expect(results.map((result) => (result.ok ? 'ok' : result.error))).toEqual([
        'ok',
        'parent_not_found',
        'ok',
        'conflict',
        'exists',
      ])
      expect(events.map((event) => event.ver)).toEqual([1, 2])
      expect(await threadRow()).toMatchObject({ total: 2, roots: 1, ver: 2 })
      expect(await row(root.id)).toMatchObject({ replies: 1, descendants: 1 })
    })

    test('answers each op with the comment right after it', async ({ commit, createOp }) => {
      const root = createOp()
      const { results } = await commit([root, createOp({ parent: root.id })])
      expect(results).toMatchObject([{ row: { replies: 0 } }, { row: { parent: root.id, depth: 1 } }])
    })

    test('writes nothing at all for an author who is not stored', async ({ commit, createOp, threadRow }) => {
      await expect(commit([createOp(), createOp({ author: 'nobody' })])).rejects.toThrow(/users\.put/)
      expect(await threadRow()).toBe(null)
    })

    test('writes nothing at all when the commit breaks half-way', async ({
      store,
      thread,
      createOp,
      add,
      threadRow,
      now,
    }) => {
      const before = await add()
      const broken = store.commit(thread, [createOp({ parent: before.id })], {
        at: now(),
        eventId: () => {
          throw new Error('No more ids')
        },
      })
      await expect(broken).rejects.toThrow('No more ids')
      expect(await threadRow()).toMatchObject({ ver: 1, total: 1 })
      expect(await store.scan(thread, { limit: 10 })).toEqual([before])
      await add({ parent: before.id })
      expect(await threadRow()).toMatchObject({ ver: 2, total: 2 })
    })
  })

  describe('imported', () => {
    test('goes into a locked thread and under a parent that is not published', async ({
      add,
      apply,
      now,
      row,
      threadRow,
    }) => {
      const root = await add({ status: 'deleted', imported: true })
      await apply({ op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() })
      const reply = await add({ parent: root.id, imported: true })
      expect(reply.visible).toBe(true)
      expect(await row(root.id)).toMatchObject({ status: 'deleted', visible: true, replies: 1, descendants: 1 })
      expect(await threadRow()).toMatchObject({ total: 1, roots: 1 })
    })

    test('makes placeholders appear from the top down, before the comment', async ({ add, commit, createOp }) => {
      const root = await add({ status: 'deleted', imported: true })
      const middle = await add({ status: 'rejected', parent: root.id, imported: true })
      const op = createOp({ parent: middle.id, imported: true })
      const { events, thread } = await commit([op])
      expect(events.map(({ type, comment, ver }) => [type, comment, ver])).toEqual([
        ['comment.created', root.id, 1],
        ['comment.created', middle.id, 2],
        ['comment.created', op.id, 3],
      ])
      expect(thread).toMatchObject({ ver: 3, roots: 1, total: 1 })
    })

    test('still needs its parent', async ({ apply, createOp }) => {
      expect(await apply(createOp({ parent: 'missing', imported: true }))).toMatchObject({ error: 'parent_not_found' })
    })

    test('is repeated without harm: an id that exists is the same comment', async ({
      commit,
      createOp,
      now,
      threadRow,
      apply,
    }) => {
      const ops = [createOp({ imported: true, at: 5 }), createOp({ imported: true, at: 6 })]
      await commit(ops)
      const [first] = ops
      await apply({ op: 'edit', id: first?.id ?? '', ifRev: 1, source: 'new', html: 'new', by: ada.id, at: now() })
      const before = await threadRow()
      const { results, events } = await commit(ops)
      expect(results).toMatchObject([
        { ok: true, repeat: true, row: { source: 'new', rev: 2 } },
        { ok: true, repeat: true },
      ])
      expect(events).toEqual([])
      expect(await threadRow()).toEqual(before)
    })

    test('says only once, silently, that many things changed', async ({ store, thread, commit, createOp }) => {
      const root = createOp({ imported: true })
      const { events, thread: row } = await commit(
        [root, createOp({ imported: true, parent: root.id }), createOp({ imported: true, status: 'pending' })],
        { silent: true, at: 8_000 },
      )
      expect(events).toMatchObject([{ type: 'thread.changed', ver: 1, comment: null, actor: null, at: 8_000 }])
      expect(row).toMatchObject({ ver: 1, total: 2 })
      expect(await store.events.since(thread, 0, 10)).toEqual(events)
    })

    test('says nothing when a silent commit changes nothing', async ({ commit, createOp, threadRow }) => {
      const op = createOp({ imported: true })
      await commit([op], { silent: true })
      expect((await commit([op], { silent: true })).events).toEqual([])
      expect(await threadRow()).toMatchObject({ ver: 1 })
    })
  })
}
