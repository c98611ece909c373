import type { RestoreRow } from '../../ports/index.ts'
import type { StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

export const lifeTests: StoreTests = ({ describe, test, expect }) => {
  describe('life', () => {
    test('migrates again without harm, also several times at once', async ({ store, thread, add }) => {
      const comment = await add()
      await store.migrate()
      await Promise.all([store.migrate(), store.migrate(), store.migrate()])
      expect(await store.rows(thread, [comment.id])).toEqual([comment])
    })

    test('answers a ping', async ({ store }) => {
      await store.ping()
    })

    test('answers copies: changing one changes nothing stored', async ({
      store,
      thread,
      add,
      apply,
      commit,
      createOp,
      now,
    }) => {
      const root = await add({ key: { scope: 'u', value: 'k', hash: 'h' } })
      await apply({ op: 'edit', id: root.id, ifRev: 1, source: 'two', html: '<p>two</p>', by: ada.id, at: now() })
      await add({ parent: root.id })
      const records = store.records({ name: 'copies', indexes: { all: [] } })
      await records.write('blog', [{ put: { id: 'r', deep: { list: [1] } } }])

      const ask = () =>
        Promise.all([
          store.page({ ...thread, parent: null, sort: 'newest', limit: 10, replies: 3 }),
          store.replies(thread, [root.id], 3),
          store.rows(thread, [root.id]),
          store.threads(thread.site, [thread.thread]),
          store.listThreads(thread.site, { limit: 10 }),
          store.mine(thread, ada.id, 10),
          store.list({ by: 'site', site: thread.site, limit: 10 }),
          store.scan(thread, { limit: 10 }),
          store.revisions(thread, root.id),
          store.users.get(thread.site, [ada.id]),
          store.events.since(thread, 0, 10),
          records.get('blog', 'r'),
          records.list('blog', null, { limit: 10 }),
          records.list('blog', 'all', { limit: 10 }),
        ])
      const before = await ask()
      spoil(await ask())
      spoil(await commit([createOp({ key: { scope: 'u', value: 'k', hash: 'h' } })]))
      expect(await ask()).toEqual(before)
    })

    test('keeps what it was given, not the object it was given in', async ({
      store,
      thread,
      createOp,
      commit,
      row,
    }) => {
      const op = createOp()
      const user = { ...ada, name: 'Ada before' }
      const record = { id: 'r', list: [1] }
      const records = store.records({ name: 'copies', indexes: {} })
      await store.users.put(user)
      await records.write('blog', [{ put: record }])
      await commit([op])
      user.name = 'Ada after'
      record.list.push(2)
      Object.assign(op, { source: 'changed', html: 'changed' })
      expect(await row(op.id)).toMatchObject({ source: '*Hello*', author: { name: 'Ada before' } })
      expect(await records.get('blog', 'r')).toMatchObject({ list: [1] })
      expect(await store.users.get(thread.site, [ada.id])).toMatchObject([{ name: 'Ada before' }])
    })

    test('refuses every call after it was closed', async ({ store, thread, createOp, commit }) => {
      const records = store.records({ name: 'closed', indexes: {} })
      const { site } = thread
      await store.close()
      await store.close()
      const calls: { [name: string]: () => Promise<unknown> } = {
        'events.since': () => store.events.since(thread, 0, 1),
        'events.claim': () => store.events.claim({ limit: 1, leaseMs: 1, now: 1, before: 1 }),
        'events.done': () => store.events.done(['x']),
        'users.get': () => store.users.get(site, ['x']),
        'users.put': () => store.users.put(ada),
        siteOf: () => store.siteOf(thread.thread),
        ver: () => store.ver(thread),
        page: () => store.page({ ...thread, parent: null, sort: 'newest', limit: 1 }),
        replies: () => store.replies(thread, ['x'], 1),
        rows: () => store.rows(thread, ['x']),
        threads: () => store.threads(site, ['x']),
        listThreads: () => store.listThreads(site, { limit: 1 }),
        mine: () => store.mine(thread, 'x', 1),
        list: () => store.list({ by: 'site', site, limit: 1 }),
        scan: () => store.scan(thread, { limit: 1 }),
        revisions: () => store.revisions(thread, 'x'),
        commit: () => commit([createOp()]),
        restore: async () => store.restore({ ...closedThread, ...thread, url: null, title: null }, none()),
        'records.get': () => records.get(site, 'x'),
        'records.list': () => records.list(site, null, { limit: 1 }),
        'records.write': () => records.write(site, [{ put: { id: 'x' } }]),
        prune: () => store.prune({ keysBefore: 0, eventsBefore: 0 }),
        migrate: () => store.migrate(),
        ping: () => store.ping(),
      }
      for (const [name, call] of Object.entries(calls)) {
        const outcome = await call().then(
          () => 'answered',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
        )
        expect(outcome, name).toBe('store_closed')
      }
    })

    test('finishes what was asked before it was closed', async ({ store, createOp, commit }) => {
      const writes = Array.from({ length: 10 }, () => commit([createOp()]))
      const closed = store.close()
      const commits = await Promise.all(writes)
      await closed
      expect(commits.every(({ results }) => results[0]?.ok)).toBe(true)
    })
  })
}

const closedThread = {
  ver: 1,
  total: 0,
  roots: 0,
  state: 'open',
  createdAt: 1,
  lastAt: null,
} as const

async function* none(): AsyncGenerator<readonly RestoreRow[]> {}

/** Overwrites everything that can be reached. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (value instanceof Map) {
    for (const part of value.values()) spoil(part)
    value.clear()
    return
  }
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key))
    Reflect.set(value, key, 'spoiled')
  }
  if (Array.isArray(value)) value.length = 0
}
