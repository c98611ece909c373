import { memoryStore } from '../../memory/index.ts'
import type { Id, RestoreRow, Store, ThreadRow, ThreadTarget } from '../../ports/index.ts'
import type { CreateOp, Fixture, StoreTests } from './fixture.ts'
import { ada, bob, openFixture } from './fixture.ts'
import { expectRecount, scanAll } from './recount.ts'

export const restoreTests: StoreTests = ({ describe, test, expect }) => {
  describe('restore', () => {
    test('puts a thread back as it was', async (fixture) => {
      const { store, thread, threadRow } = fixture
      const { row, rows, source } = await conversation(fixture)
      const before = await everything(source, thread, rows)
      expect(await store.restore(row, inParts(rows, 2))).toBe('restored')
      expect(await threadRow()).toStrictEqual(row)
      expect(await everything(store, thread, rows)).toStrictEqual(before)
      expect(rows.some(({ revisions }) => revisions.length > 0)).toBe(true)
      await expectRecount(expect, store, thread)
    })

    test('leaves a thread that can be written on', async (fixture) => {
      const { store, thread, add, apply, threadRow, now } = fixture
      const { row, rows } = await conversation(fixture)
      await store.restore(row, inParts(rows, 500))
      const root = rows.find(({ parent, status }) => parent === null && status === 'published')
      const reply = await add({ parent: root?.id ?? '' })
      await apply({ op: 'status', id: reply.id, to: 'deleted', by: ada.id, at: now() })
      expect(await threadRow()).toMatchObject({ ver: row.ver + 2 })
      expect(await store.events.since(thread, row.ver, 10)).toMatchObject([{ ver: row.ver + 1 }, { ver: row.ver + 2 }])
      expect(await store.events.since(thread, row.ver - 1, 10)).toBe('gone')
      await expectRecount(expect, store, thread)
    })

    test('keeps the order of replies that are older than what they answer', async (fixture) => {
      const { store, thread } = fixture
      const { row, rows } = await conversation(fixture)
      const [root] = rows
      if (!root) throw new Error('No comment was made')
      const replies = rows.filter(({ parent }) => parent === root.id)
      // The root gets an id behind those of its replies.
      const id = 'zzzzzzzzzzzzzzzz'
      const moved = rows
        .map((comment) => ({
          ...comment,
          id: comment.id === root.id ? id : comment.id,
          parent: comment.parent === root.id ? id : comment.parent,
          path: comment.path.map((step) => (step === root.id ? id : step)),
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
      await store.restore(row, inParts(moved, 1))
      const visible = replies.filter((reply) => reply.visible).map((reply) => reply.id)
      expect(visible.length).toBeGreaterThan(1)
      const found = await store.replies(thread, [id], 10)
      expect(found.get(id)?.map((reply) => reply.id)).toEqual(visible)
      await expectRecount(expect, store, thread)
    })

    test('takes a thread that nobody has written in', async (fixture) => {
      const { store, threadRow } = fixture
      const { row } = await conversation(fixture)
      const empty = { ...row, total: 0, roots: 0, ver: 3, lastAt: null, state: 'locked' as const }
      expect(await store.restore(empty, inParts([], 1))).toBe('restored')
      expect(await threadRow()).toStrictEqual(empty)
    })

    test('changes nothing where there is a thread', async (fixture) => {
      const { store, thread, add, threadRow } = fixture
      const { row, rows } = await conversation(fixture)
      const live = await add()
      const before = await threadRow()
      expect(await store.restore(row, inParts(rows, 2))).toBe('exists')
      // Nor under the name of another site.
      expect(await store.restore({ ...row, site: 'shop' }, inParts([], 2))).toBe('exists')
      expect(await threadRow()).toStrictEqual(before)
      expect(await scanAll(store, thread)).toEqual([live])
    })

    test('shows nothing of a thread before all of it is there', async (fixture) => {
      const { store, thread } = fixture
      const { row, rows } = await conversation(fixture)
      const seen: unknown[] = []
      async function* watched() {
        for (const comment of rows) {
          yield [comment]
          seen.push(await traces(store, thread, rows))
        }
      }
      await store.restore(row, watched())
      expect(seen.length).toBe(rows.length)
      for (const one of seen) expect(one).toStrictEqual(nothing)
    })

    test('leaves nothing when it fails, and can be tried again', async (fixture) => {
      const { store, thread } = fixture
      const { row, rows } = await conversation(fixture)
      async function* broken() {
        yield rows.slice(0, 3)
        throw new Error('cut')
      }
      const outcome = await store.restore(row, broken()).catch((error: unknown) => String(error))
      expect(outcome).toBe('Error: cut')
      expect(await traces(store, thread, rows)).toStrictEqual(nothing)
      expect(await store.restore(row, inParts(rows, 2))).toBe('restored')
      await expectRecount(expect, store, thread)
    })

    test('takes away what one that stands still has left', async (fixture) => {
      const { store, thread } = fixture
      const { row, rows } = await conversation(fixture)
      const halfway = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      async function* stopping() {
        yield rows.slice(0, 3)
        halfway.resolve()
        await goOn.promise
        yield rows.slice(3)
      }
      const first = store.restore(row, stopping()).catch(() => 'refused')
      await halfway.promise
      expect(await store.restore(row, inParts(rows, 2))).toBe('restored')
      goOn.resolve()
      expect((await first) === 'restored').toBe(false)
      expect((await scanAll(store, thread)).map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
      const revised = rows.find(({ revisions }) => revisions.length > 0)
      expect(await store.revisions(thread, revised?.id ?? '')).toEqual(revised?.revisions)
      await expectRecount(expect, store, thread)
    })

    test('gives way to somebody who writes meanwhile', async (fixture) => {
      const { store, thread, add, apply, createOp } = fixture
      const { row, rows } = await conversation(fixture)
      let live: Id | null = null
      async function* slow() {
        yield rows
        const [first] = rows
        // What is not there yet cannot be answered.
        expect(await apply(createOp({ parent: first?.id ?? '' }))).toMatchObject({ error: 'parent_not_found' })
        live = (await add()).id
        yield []
      }
      expect(await store.restore(row, slow())).toBe('exists')
      expect((await scanAll(store, thread)).map(({ id }) => id)).toEqual([live])
      await expectRecount(expect, store, thread)
    })

    test('refuses a comment of an author who is not stored', async (fixture) => {
      const { store, thread } = fixture
      const { row, rows } = await conversation(fixture)
      const strangers = rows.map((comment) => ({ ...comment, author: 'u-nobody' }))
      const outcome = await store.restore(row, inParts(strangers, 2)).then(
        () => 'restored',
        () => 'refused',
      )
      expect(outcome).toBe('refused')
      expect(await traces(store, thread, rows)).toStrictEqual(nothing)
    })
  })
}

/** Everything {@link traces} finds of a thread that is not there. */
const nothing = { site: null, ver: 0, rows: [], scan: [], mine: [], page: null, lists: [], revisions: [] }

async function traces(store: Store, ref: ThreadTarget, rows: readonly RestoreRow[]): Promise<object> {
  const { site } = ref
  const ids = rows.map(({ id }) => id)
  const lists = await Promise.all([
    store.list({ by: 'site', site, limit: 50 }),
    store.list({ by: 'queue', site, status: 'pending', limit: 50 }),
    store.list({ by: 'author', site, user: ada.id, limit: 50 }),
    store.list({ by: 'author', site, user: bob.id, limit: 50 }),
    store.listThreads(site, { limit: 50 }),
  ])
  return {
    site: await store.siteOf(ref.thread),
    ver: await store.ver(ref),
    rows: (await store.rows(ref, ids)).filter((row) => row !== null),
    scan: await scanAll(store, ref),
    mine: await store.mine(ref, ada.id, 50),
    page: (await store.page({ ...ref, parent: null, sort: 'newest', limit: 50, replies: 3 })).thread,
    lists: lists.flat(),
    revisions: (await Promise.all(ids.map((id) => store.revisions(ref, id)))).flat(),
  }
}

async function everything(store: Store, ref: ThreadTarget, rows: readonly RestoreRow[]): Promise<object> {
  return {
    traces: await traces(store, ref, rows),
    page: await store.page({ ...ref, parent: null, sort: 'oldest', limit: 50, replies: 3 }),
  }
}

/** A thread with every kind of comment, as a memory store has it. The ids are none that `fixture` makes again. */
async function conversation(fixture: Fixture): Promise<{ row: ThreadRow; rows: readonly RestoreRow[]; source: Store }> {
  const { store, thread, add: put, apply, commit, createOp, now } = await openFixture(memoryStore())
  const add = (fields: Partial<CreateOp> = {}) => put(createOp({ id: fixture.id(), ...fields }))
  const root = await add()
  const second = await add({ author: bob.id })
  const reply = await add({ parent: root.id })
  await add({ parent: root.id, author: bob.id })
  await add({ parent: reply.id, replyTo: root.id })
  await add({ status: 'pending' })
  await add({ status: 'spam', author: bob.id })
  await add({ parent: second.id })
  for (const ifRev of [1, 2]) {
    const text = `Text ${ifRev} 😀`
    await apply({ op: 'edit', id: root.id, ifRev, source: text, html: `<p>${text}</p>`, by: ada.id, at: now() })
  }
  await apply({ op: 'status', id: second.id, to: 'deleted', by: ada.id, at: now(), erase: true })
  await commit([{ op: 'thread', set: { title: 'Hello', url: 'https://a.example/' }, by: ada.id, at: now() }])
  const [row] = await store.threads(thread.site, [thread.thread])
  if (!row) throw new Error('The thread was not made')
  const rows: RestoreRow[] = []
  for (const stored of await scanAll(store, thread)) {
    const { thread: _thread, root: _root, depth: _depth, author, ...rest } = stored
    rows.push({ ...rest, author: author.id, revisions: await store.revisions(thread, stored.id) })
  }
  return { row, rows, source: store }
}

async function* inParts(rows: readonly RestoreRow[], size: number): AsyncGenerator<readonly RestoreRow[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}
