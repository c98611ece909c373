import type { CommentRow, Id, PageQuery, Sort } from '../../ports/index.ts'
import type { Fixture, StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

const sorts: readonly Sort[] = ['newest', 'oldest']

export const pageTests: StoreTests = ({ describe, test, expect }) => {
  describe('pages', () => {
    test('show the visible roots in the order asked', async (fixture) => {
      const [a, b, c] = await addRoots(fixture, 3)
      await fixture.add({ status: 'pending' })
      expect(await idsOf(fixture, { sort: 'newest' })).toEqual([c, b, a])
      expect(await idsOf(fixture, { sort: 'oldest' })).toEqual([a, b, c])
    })

    test('carry the thread as it is', async ({ store, thread, add, threadRow }) => {
      await add()
      const page = await store.page({ ...thread, parent: null, sort: 'newest', limit: 1 })
      expect(page.thread).toEqual(await threadRow())
    })

    test('order by id, whatever the order of writing', async (fixture) => {
      const ids = ['000000000000000a', '000000000000000v', '0000000000000005', '000000000000000b']
      for (const id of ids) await fixture.add({ id, imported: true })
      expect(await idsOf(fixture, { sort: 'oldest' })).toEqual(ids.toSorted())
      expect(await idsOf(fixture, { sort: 'newest' })).toEqual(ids.toSorted().reverse())
    })

    test('say exactly whether there is more', async (fixture) => {
      await addRoots(fixture, 3)
      for (const sort of sorts) {
        expect((await page(fixture, { sort, limit: 2 })).more).toBe(true)
        expect((await page(fixture, { sort, limit: 3 })).more).toBe(false)
        expect((await page(fixture, { sort, limit: 4 })).more).toBe(false)
      }
    })

    test('go on after a place, and at it when inclusive', async (fixture) => {
      const [a = '', b = '', c = '', d = ''] = await addRoots(fixture, 4)
      const after = (id: Id) => ({ after: { rank: 0, id } })
      expect(await idsOf(fixture, { sort: 'newest', ...after(c) })).toEqual([b, a])
      expect(await idsOf(fixture, { sort: 'newest', ...after(c), inclusive: true })).toEqual([c, b, a])
      expect(await idsOf(fixture, { sort: 'oldest', ...after(b) })).toEqual([c, d])
      expect(await idsOf(fixture, { sort: 'oldest', ...after(b), inclusive: true })).toEqual([b, c, d])
      expect(await idsOf(fixture, { sort: 'oldest', ...after(d) })).toEqual([])
      expect((await page(fixture, { sort: 'oldest', ...after(a), limit: 2 })).more).toBe(true)
      expect((await page(fixture, { sort: 'oldest', ...after(b), limit: 2 })).more).toBe(false)
    })

    test('give the last rows in front of a place, still in order', async (fixture) => {
      const [a = '', b = '', c = '', d = ''] = await addRoots(fixture, 4)
      const before = (id: Id) => ({ before: { rank: 0, id } })
      expect(await idsOf(fixture, { sort: 'newest', limit: 2, ...before(a) })).toEqual([c, b])
      expect(await idsOf(fixture, { sort: 'newest', limit: 2, ...before(a), inclusive: true })).toEqual([b, a])
      expect(await idsOf(fixture, { sort: 'oldest', limit: 2, ...before(d) })).toEqual([b, c])
      expect(await idsOf(fixture, { sort: 'oldest', limit: 2, ...before(d), inclusive: true })).toEqual([c, d])
      expect(await idsOf(fixture, { sort: 'newest', ...before(d) })).toEqual([])
      expect((await page(fixture, { sort: 'newest', limit: 2, ...before(a) })).more).toBe(true)
      expect((await page(fixture, { sort: 'newest', limit: 3, ...before(a) })).more).toBe(false)
    })

    test('go on from a place whose comment is gone', async (fixture) => {
      const [a = '', b = '', c = ''] = await addRoots(fixture, 3)
      await fixture.apply({ op: 'purge', id: b, at: fixture.now() })
      const place = { rank: 0, id: b }
      expect(await idsOf(fixture, { sort: 'newest', after: place })).toEqual([a])
      expect(await idsOf(fixture, { sort: 'newest', after: place, inclusive: true })).toEqual([a])
      expect(await idsOf(fixture, { sort: 'newest', before: place })).toEqual([c])
      expect(await idsOf(fixture, { sort: 'oldest', after: place })).toEqual([c])
    })

    test('show the replies of a comment', async (fixture) => {
      const { add } = fixture
      const root = await add()
      const [first, second] = [await add({ parent: root.id }), await add({ parent: root.id })]
      await add({ parent: first.id })
      await add({ parent: root.id, status: 'spam' })
      expect(await idsOf(fixture, { sort: 'oldest', parent: root.id })).toEqual([first.id, second.id])
      expect(await idsOf(fixture, { sort: 'newest', parent: root.id, limit: 1 })).toEqual([second.id])
      expect(await idsOf(fixture, { sort: 'oldest', parent: second.id })).toEqual([])
      expect(await idsOf(fixture, { sort: 'oldest', parent: 'missing' })).toEqual([])
    })

    test('carry the first replies of each row, oldest first', async (fixture) => {
      const { store, thread, add, apply, now } = fixture
      const [quiet, busy, hidden] = [await add(), await add(), await add()]
      const replies: CommentRow[] = []
      for (let i = 0; i < 4; i++) replies.push(await add({ parent: busy.id }))
      await add({ parent: hidden.id, status: 'pending' })
      await apply({ op: 'status', id: replies[0]?.id ?? '', to: 'spam', by: ada.id, at: now() })
      const query = { ...thread, parent: null, sort: 'newest', limit: 10 } as const

      const { replies: previews, rows } = await store.page({ ...query, replies: 2 })
      expect(rows.map(({ id }) => id)).toEqual([hidden.id, busy.id, quiet.id])
      expect([...previews.keys()]).toEqual([busy.id])
      expect(previews.get(busy.id)).toEqual([replies[1], replies[2]])

      expect((await store.page(query)).replies).toEqual(new Map())
      expect((await store.page({ ...query, replies: 0 })).replies).toEqual(new Map())
    })

    test('carry replies only of the rows they show', async (fixture) => {
      const { store, thread, add } = fixture
      const [a, b] = [await add(), await add()]
      await add({ parent: a.id })
      const reply = await add({ parent: b.id })
      const { replies } = await store.page({ ...thread, parent: null, sort: 'newest', limit: 1, replies: 5 })
      expect(replies).toEqual(new Map([[b.id, [reply]]]))
    })

    test('show a placeholder with its replies', async (fixture) => {
      const { store, thread, add, apply, now } = fixture
      const root = await add()
      const reply = await add({ parent: root.id })
      await apply({ op: 'status', id: root.id, to: 'deleted', by: ada.id, at: now(), erase: true })
      const { rows, replies } = await store.page({ ...thread, parent: null, sort: 'oldest', limit: 5, replies: 3 })
      expect(rows).toMatchObject([{ id: root.id, status: 'deleted', source: '', html: '', replies: 1 }])
      expect(replies.get(root.id)).toEqual([reply])
    })

    test('show an author under the name they have now', async ({ store, thread, add }) => {
      await add()
      await store.users.put({
        site: 'blog',
        id: ada.id,
        name: 'Ada L.',
        avatar: null,
        website: null,
        email: null,
        role: 'moderator',
        at: 2,
      })
      const { rows } = await store.page({ ...thread, parent: null, sort: 'newest', limit: 5 })
      expect(rows).toMatchObject([{ author: { name: 'Ada L.', role: 'moderator' } }])
    })

    test('never carry an e-mail address', async ({ store, thread, add }) => {
      await store.users.put({ ...ada, email: 'ada@secret.example' })
      const root = await add()
      await add({ parent: root.id })
      const answers = await Promise.all([
        store
          .page({ ...thread, parent: null, sort: 'newest', limit: 5, replies: 3 })
          .then((found) => [...found.rows, ...found.replies.values()]),
        store.scan(thread, { limit: 10 }),
        store.list({ by: 'site', site: 'blog', limit: 10 }),
        store.mine(thread, ada.id, 10),
      ])
      expect(JSON.stringify(answers).includes('secret.example')).toBe(false)
    })

    test('give the first replies of several parents', async ({ store, thread, add, apply, now }) => {
      const [a, b, c] = [await add(), await add(), await add()]
      const first = await add({ parent: a.id })
      const second = await add({ parent: a.id })
      const hidden = await add({ parent: b.id })
      await apply({ op: 'status', id: hidden.id, to: 'spam', by: ada.id, at: now() })
      const third = await add({ parent: c.id })
      expect(await store.replies(thread, [a.id, b.id, c.id, 'missing'], 5)).toEqual(
        new Map([
          [a.id, [first, second]],
          [c.id, [third]],
        ]),
      )
      expect(await store.replies(thread, [a.id], 1)).toEqual(new Map([[a.id, [first]]]))
      expect(await store.replies(thread, [], 5)).toEqual(new Map())
    })
  })
}

async function addRoots(fixture: Fixture, count: number): Promise<Id[]> {
  const ids: Id[] = []
  for (let i = 0; i < count; i++) ids.push((await fixture.add()).id)
  return ids
}

function page(fixture: Fixture, query: Partial<PageQuery> & Pick<PageQuery, 'sort'>) {
  return fixture.store.page({ ...fixture.thread, parent: null, limit: 100, ...query })
}

async function idsOf(fixture: Fixture, query: Partial<PageQuery> & Pick<PageQuery, 'sort'>): Promise<Id[]> {
  const { rows } = await page(fixture, query)
  return rows.map(({ id }) => id)
}
