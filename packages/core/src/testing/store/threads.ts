import type { StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

export const threadTests: StoreTests = ({ describe, test, expect }) => {
  describe('threads', () => {
    test('knows nothing of a thread that was never written to', async ({ store, thread, threadRow }) => {
      expect(await store.ver(thread)).toBe(0)
      expect(await threadRow()).toBe(null)
      expect(await store.siteOf(thread.thread)).toBe(null)
      expect(await store.page({ ...thread, parent: null, sort: 'newest', limit: 10, replies: 3 })).toEqual({
        thread: null,
        rows: [],
        more: false,
        replies: new Map(),
      })
      expect(await store.scan(thread, { limit: 10 })).toEqual([])
      expect(await store.mine(thread, ada.id, 10)).toEqual([])
      expect(await store.events.since(thread, 0, 10)).toEqual([])
      expect(await store.revisions(thread, 'x')).toEqual([])
      expect(await store.rows(thread, ['x'])).toEqual([null])
      expect(await store.replies(thread, ['x'], 3)).toEqual(new Map())
    })

    test('makes the thread with its first comment', async ({ store, thread, createOp, commit, threadRow }) => {
      const target = { ...thread, url: 'https://blog.example.org/hello', title: 'Hello' }
      const op = createOp()
      const { thread: row } = await commit([op], { at: 5_000 }, target)
      expect(row).toEqual({
        thread: thread.thread,
        site: 'blog',
        key: '/hello',
        url: 'https://blog.example.org/hello',
        title: 'Hello',
        ver: 1,
        total: 1,
        roots: 1,
        state: 'open',
        createdAt: 5_000,
        lastAt: op.at,
      })
      expect(await threadRow()).toEqual(row)
      expect(await store.siteOf(thread.thread)).toBe('blog')
      expect(await store.ver(thread)).toBe(1)
    })

    test('makes no thread for a commit that changes nothing', async ({
      store,
      thread,
      createOp,
      commit,
      threadRow,
      now,
    }) => {
      const {
        thread: row,
        results,
        events,
      } = await commit([
        createOp({ parent: 'missing' }),
        { op: 'status', id: 'missing', to: 'spam', by: ada.id, at: now() },
        { op: 'thread', set: { state: 'open', title: null }, by: ada.id, at: now() },
      ])
      expect(row).toBe(null)
      expect(events).toEqual([])
      expect(results.map((result) => result.ok)).toEqual([false, false, true])
      expect(await threadRow()).toBe(null)
      expect(await store.listThreads(thread.site, { limit: 10 })).toEqual([])
    })

    test('fills url and title where they are null and leaves them alone otherwise', async (fixture) => {
      const { thread, commit, createOp, apply, threadRow, now } = fixture
      await commit([createOp()])
      expect(await threadRow()).toMatchObject({ url: null, title: null })
      await commit([createOp()], {}, { ...thread, url: 'https://a.example/1' })
      expect(await threadRow()).toMatchObject({ url: 'https://a.example/1', title: null })
      await commit([createOp()], {}, { ...thread, url: 'https://a.example/2', title: 'One' })
      expect(await threadRow()).toMatchObject({ url: 'https://a.example/1', title: 'One' })
      await commit([createOp()], {}, { ...thread, url: null, title: null })
      await commit([createOp()], {}, { ...thread, title: 'Two' })
      expect(await threadRow()).toMatchObject({ url: 'https://a.example/1', title: 'One' })
      await apply({ op: 'thread', set: { title: 'Three' }, by: ada.id, at: now() })
      expect(await threadRow()).toMatchObject({ url: 'https://a.example/1', title: 'Three' })
    })

    test('does not fill anything in a commit that changes nothing', async ({
      thread,
      add,
      commit,
      createOp,
      threadRow,
    }) => {
      await add()
      await commit([createOp({ parent: 'missing' })], {}, { ...thread, url: 'https://a.example/1', title: 'One' })
      expect(await threadRow()).toMatchObject({ url: null, title: null, ver: 1 })
    })

    test('changes state, url and title with one event each time', async ({ commit, threadRow, now }) => {
      const first = await commit([
        { op: 'thread', set: { state: 'locked', url: 'https://a.example', title: 'T' }, by: ada.id, at: now() },
      ])
      expect(first.results).toEqual([{ ok: true, row: null, repeat: false }])
      expect(first.thread).toMatchObject({ state: 'locked', url: 'https://a.example', title: 'T', ver: 1, total: 0 })
      expect(first.events).toMatchObject([{ type: 'thread.changed', ver: 1, comment: null, actor: ada.id }])

      const again = await commit([{ op: 'thread', set: { state: 'locked' }, by: ada.id, at: now() }])
      expect(again.results).toEqual([{ ok: true, row: null, repeat: true }])
      expect(again.events).toEqual([])

      await commit([{ op: 'thread', set: { title: null, state: 'hidden' }, by: ada.id, at: now() }])
      expect(await threadRow()).toMatchObject({ state: 'hidden', url: 'https://a.example', title: null, ver: 2 })
    })

    test('gives threads in the order asked, with gaps', async ({ store, thread, other, add }) => {
      await add()
      await add({}, other)
      const asked = [other.thread, 'missing', thread.thread, other.thread]
      const found = await store.threads('blog', asked)
      expect(found.map((row) => row?.key ?? null)).toEqual(['/other', null, '/hello', '/other'])
      expect(await store.threads('blog', [])).toEqual([])
    })

    test('gives a thousand threads at once', async ({ store, thread, add }) => {
      await add()
      const asked = [...Array.from({ length: 999 }, (_, i) => `missing${i}`), thread.thread]
      const found = await store.threads('blog', asked)
      expect(found.length).toBe(1000)
      expect(found.filter(Boolean)).toMatchObject([{ thread: thread.thread }])
    })

    test('lists all threads of a site by id, page by page', async ({ store, target, add }) => {
      const made: string[] = []
      for (let i = 0; i < 7; i++) {
        const page = await target('blog', `/page/${i}`)
        await add({}, page)
        made.push(page.thread)
      }
      const listed: string[] = []
      let after: string | undefined
      for (;;) {
        const rows = await store.listThreads('blog', { limit: 3, ...(after !== undefined && { after }) })
        if (rows.length === 0) break
        listed.push(...rows.map((row) => row.thread))
        after = listed.at(-1)
      }
      expect(listed).toEqual(made.sort())
    })

    test('remembers the newest comment ever published as lastAt', async ({ add, apply, threadRow, now }) => {
      const newest = await add({ at: 9_000 })
      await add({ at: 3_000, imported: true })
      await add({ at: 99_000, status: 'pending' })
      expect(await threadRow()).toMatchObject({ lastAt: 9_000 })
      await apply({ op: 'status', id: newest.id, to: 'deleted', by: ada.id, at: now() })
      await apply({ op: 'purge', id: newest.id, at: now() })
      expect(await threadRow()).toMatchObject({ lastAt: 9_000 })
    })
  })
}
