import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CommitOptions, Op, Store, ThreadTarget } from '@confab/core/ports'
import { startWorker } from '../workerd/start-worker.fixture.ts'
import type { D1Binding, D1Rows, D1Statement } from './database.ts'
import { openDatabase } from './database.ts'
import { d1 } from './index.ts'
import { bringForward, migrations } from './schema.ts'
import { empty } from './testing/empty.fixture.ts'

// The real D1 of Miniflare, reached from Node, so that a test can stand between the store and the database.
let worker: Miniflare
let db: D1Binding

beforeAll(async () => {
  worker = await startWorker(new URL('./testing/store.worker.fixture.ts', import.meta.url), { d1Databases: ['DB'] })
  db = await worker.getD1Database('DB')
})
afterAll(() => worker.dispose())
beforeEach(() => empty(db))

const thread: ThreadTarget = { site: 'blog', thread: '0123456789abcdefghij', key: '/hello' }
let count = 0
const id = (): string => String((count += 1)).padStart(16, '0')
const options: CommitOptions = { at: 1_000, eventId: id }

function createOp(fields: Partial<Extract<Op, { op: 'create' }>> = {}): Extract<Op, { op: 'create' }> {
  const texts = { source: 'x', html: '<p>x</p>', status: 'published', at: 1_000, key: null } as const
  return { op: 'create', id: id(), parent: null, replyTo: null, author: 'ada', ...texts, ...fields }
}

async function ready(binding: D1Binding = db, limitMs?: number): Promise<Store> {
  const store = d1(binding, limitMs === undefined ? {} : { limitMs })
  await store.migrate()
  const nothing = { avatar: null, website: null, email: null }
  await store.users.put({ site: 'blog', id: 'ada', name: 'Ada', ...nothing, role: 'member', at: 1 })
  return store
}

/** The database, with somebody who sees each batch and may do something before it. */
function watched(watch: { before: (size: number) => Promise<void> | void }): D1Binding {
  return {
    prepare: (sql) => db.prepare(sql),
    async batch(statements: D1Statement[]) {
      await watch.before(statements.length)
      return db.batch(statements)
    },
  }
}

async function ask(sql: string): Promise<readonly unknown[]> {
  const [answer] = await db.batch([db.prepare(sql)])
  return answer?.results ?? []
}

describe('what things cost', () => {
  test('a page is one way to the database, a commit two, whatever there is in it', async () => {
    const sizes: number[] = []
    const store = await ready(watched({ before: (size) => void sizes.push(size) }))
    const ways = async (work: () => Promise<unknown>): Promise<number[]> => {
      sizes.length = 0
      await work()
      return [...sizes]
    }
    const root = createOp()
    const deep = Array.from({ length: 7 }).reduce<Extract<Op, { op: 'create' }>[]>(
      (path) => [...path, createOp({ parent: path.at(-1)?.id ?? null })],
      [root],
    )
    expect(await ways(() => store.commit(thread, deep, options))).toEqual([3, 3])
    const key = { scope: 's', value: 'k', hash: 'h' }
    const reply = createOp({ parent: deep.at(-1)?.id ?? null, key })
    expect(await ways(() => store.commit(thread, [reply], options))).toEqual([5, 6])
    expect(await ways(() => store.commit(thread, [reply], options))).toEqual([5])
    const page = { ...thread, parent: null, sort: 'newest', limit: 20, replies: 3 } as const
    expect(await ways(() => store.page(page))).toEqual([3])
    expect(await ways(() => store.events.since(thread, 0, 10))).toEqual([2])
    for (const one of [
      () => store.ver(thread),
      () => store.rows(thread, [root.id]),
      () => store.events.claim({ limit: 10, leaseMs: 1, now: 1, before: 1 }),
    ]) {
      expect(await ways(one)).toEqual([1])
    }
  })

  test('many comments and long ones go in few statements, each within what D1 takes', async () => {
    const sizes: number[] = []
    const store = await ready(watched({ before: (size) => void sizes.push(size) }))
    const text = 'ü'.repeat(20_000)
    const ops = Array.from({ length: 200 }, () => createOp({ source: text, html: text }))
    sizes.length = 0
    const { results } = await store.commit(thread, ops, options)
    expect(results.every((result) => result.ok)).toBe(true)
    // 8 million characters, up to 600,000 in one statement.
    expect(sizes[1]).toBeLessThan(20)
    const { rows } = await store.page({ ...thread, parent: null, sort: 'newest', limit: 1 })
    expect(rows[0]?.html).toBe(text)
  })
})

/** What D1 says of each statement, beside its rows. */
interface Metered {
  readonly meta: { readonly rows_read: number }
}

describe('rows that D1 reads, which is what it charges for', () => {
  test('are as many for a page, a reply and a check in a large thread as in a small one', async () => {
    let read = 0
    const store = await ready({
      prepare: (sql) => db.prepare(sql),
      async batch(statements) {
        const answers = await db.batch(statements)
        for (const { meta } of answers as readonly (D1Rows & Metered)[]) read += meta.rows_read
        return answers
      },
    })
    const figures: number[][] = []
    for (const size of [100, 4_000]) {
      const place = { ...thread, thread: `thread-of-${size}-roots`, key: `/${size}` }
      const roots = Array.from({ length: size }, () => createOp())
      for (let i = 0; i < size; i += 500) await store.commit(place, roots.slice(i, i + 500), options)
      const answered = roots.slice(-20)
      const replies = answered.flatMap(({ id: parent }) => Array.from({ length: 6 }, () => createOp({ parent })))
      await store.commit(place, replies, options)
      const rowsOf = async (work: () => Promise<unknown>): Promise<number> => {
        read = 0
        await work()
        return read
      }
      figures.push([
        await rowsOf(() => store.page({ ...place, parent: null, sort: 'newest', limit: 20, replies: 3 })),
        await rowsOf(() => store.commit(place, [createOp({ parent: answered[0]?.id ?? null })], options)),
        await rowsOf(() => store.ver(place)),
      ])
    }
    const [small = [], large = []] = figures
    console.log(`rows read: page ${large[0]}, reply ${large[1]}, version ${large[2]}`)
    expect(large).toEqual(small)
  })
})

describe('somebody who is faster', () => {
  test('makes a commit begin again, with all of it or nothing', async () => {
    let rivals = 2
    const rival = await ready()
    const root = createOp()
    await rival.commit(thread, [root], options)
    const store = d1(
      watched({
        async before(size) {
          // Between what was read and what is written.
          if (size < 3 || rivals === 0) return
          rivals -= 1
          await rival.commit(thread, [createOp({ parent: root.id })], options)
        },
      }),
    )
    const { events } = await store.commit(thread, [createOp({ parent: root.id })], options)
    expect(events).toMatchObject([{ ver: 4 }])
    expect(await rival.events.since(thread, 0, 9)).toMatchObject([{ ver: 1 }, { ver: 2 }, { ver: 3 }, { ver: 4 }])
    expect(await rival.rows(thread, [root.id])).toMatchObject([{ replies: 3, descendants: 3 }])
    expect(await ask('SELECT * FROM guard')).toEqual([])
  })

  test('is noticed also where the version stays the same', async () => {
    const rival = await ready()
    const waiting = createOp({ status: 'pending' })
    await rival.commit(thread, [waiting], options)
    const edit = (source: string): Op => ({
      ...{ op: 'edit', id: waiting.id, ifRev: 1, by: 'ada', at: 1_000 },
      ...{ source, html: source },
    })
    let isFirst = true
    const store = d1(
      watched({
        async before(size) {
          if (size < 3 || !isFirst) return
          isFirst = false
          await rival.commit(thread, [edit('theirs')], options)
        },
      }),
    )
    const { results } = await store.commit(thread, [edit('mine')], options)
    expect(results).toMatchObject([{ ok: false, error: 'conflict', row: { source: 'theirs' } }])
    expect(await rival.ver(thread)).toBe(0)
  })

  test('for too long is said to the caller, and nothing has happened', async () => {
    const rival = await ready()
    await rival.commit(thread, [createOp()], options)
    const title = (): Op => ({ op: 'thread', set: { title: id() }, by: 'ada', at: 1 })
    const store = d1(
      watched({
        async before(size) {
          if (size > 1) await rival.commit(thread, [title()], options)
        },
      }),
      { limitMs: 50 },
    )
    await expect(store.commit(thread, [createOp()], options)).rejects.toMatchObject({ code: 'store_busy' })
    expect(await rival.scan(thread, { limit: 9 })).toHaveLength(1)
  })

  test('with a record is noticed also when it was made anew with the same revision', async () => {
    const rival = (await ready()).records({ name: 'things', indexes: { byN: ['n'] } })
    await rival.write('p', [{ put: { id: 'a', n: 1 } }])
    let isFirst = true
    const store = d1(
      watched({
        async before(size) {
          if (size < 4 || !isFirst) return
          isFirst = false
          await rival.write('p', [{ del: 'a' }, { put: { id: 'a', n: 5 } }])
        },
      }),
    )
    const records = store.records({ name: 'things', indexes: { byN: ['n'] } })
    expect(await records.write('p', [{ inc: { id: 'a', by: { n: 1 } } }])).toEqual(['ok'])
    expect(await records.list('p', 'byN', { limit: 9 })).toMatchObject({ rows: [{ id: 'a', n: 6, rev: 2 }] })
  })
})

describe('a database that fails', () => {
  const failing = (message: string): D1Binding => ({
    prepare: (sql) => db.prepare(sql),
    batch: () => Promise.reject(new Error(message)),
  })

  test.each([
    ['D1_ERROR: D1 DB is overloaded. Requests queued for too long.', 'store_busy'],
    ['D1_ERROR: Network connection lost.', 'store_unavailable'],
    ['D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.', 'store_unavailable'],
    ['D1_ERROR: D1 DB reset because its code was updated.', 'store_unavailable'],
    ['D1_ERROR: Exceeded maximum DB size', 'store_full'],
    ['D1_ERROR: something new', 'store_failed'],
  ])('%s', async (message, code) => {
    await expect(d1(failing(message)).ping()).rejects.toMatchObject({ code, cause: { message } })
  })

  test('says what to do where there are no tables, and where a text is too long', async () => {
    const store = d1(db)
    await expect(store.ver(thread)).rejects.toThrow('call `migrate` first')
    await ready()
    const long = createOp({ html: 'x'.repeat(3_000_000) })
    await expect(store.commit(thread, [long], options)).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('2 MB') as string,
    })
  })

  test('and whose answer is lost leaves one comment when it is asked again with the same key', async () => {
    const store = await ready()
    const key = { scope: 's', value: 'k', hash: 'h' }
    const lost = d1({
      prepare: (sql) => db.prepare(sql),
      async batch(statements) {
        const answers = await db.batch(statements)
        if (answers.some(({ results }) => results.length > 0)) return answers
        throw new Error('D1_ERROR: Network connection lost.')
      },
    })
    await expect(lost.commit(thread, [createOp({ key })], options)).rejects.toMatchObject({ code: 'store_unavailable' })
    const { results } = await store.commit(thread, [createOp({ key })], options)
    expect(results).toMatchObject([{ ok: true, repeat: true }])
    expect(await store.scan(thread, { limit: 9 })).toHaveLength(1)
  })
})

describe('migrations', () => {
  const database = (): ReturnType<typeof openDatabase> => openDatabase(db)

  test('several Workers that start at once make one schema', async () => {
    const stores = Array.from({ length: 6 }, () => d1(db))
    await Promise.all(stores.map((store) => store.migrate()))
    expect(await ask('SELECT version FROM confab')).toEqual([{ version: migrations.length }])
  })

  test('steps run once, in order, also when several run them at once', async () => {
    const steps = [['CREATE TABLE guard (held INTEGER NOT NULL)', 'CREATE TABLE a (x)'], ['INSERT INTO a VALUES (1)']]
    await bringForward(database(), steps.slice(0, 1))
    await Promise.all([1, 2, 3, 4].map(() => bringForward(database(), [...steps, ['UPDATE a SET x = x + 1']])))
    expect(await ask('SELECT x FROM a')).toEqual([{ x: 2 }])
    expect(await ask('SELECT version FROM confab')).toEqual([{ version: 3 }])
  })

  test('a step that fails leaves the database as it was', async () => {
    const first = ['CREATE TABLE guard (held INTEGER NOT NULL)', 'CREATE TABLE a (x)', 'INSERT INTO a VALUES (1)']
    await bringForward(database(), [first])
    const broken = [first, ['UPDATE a SET x = 2', 'INSERT INTO missing VALUES (1)']]
    await expect(bringForward(database(), broken)).rejects.toMatchObject({ code: 'store_failed' })
    expect(await ask('SELECT x, version FROM a, confab')).toEqual([{ x: 1, version: 1 }])
  })

  test('once they are done they cost nothing', async () => {
    let batches = 0
    const store = await ready(watched({ before: () => void (batches += 1) }))
    batches = 0
    await store.migrate()
    expect(batches).toBe(0)
  })

  test('a newer database and the database of another program are refused', async () => {
    await ready()
    await ask('UPDATE confab SET version = 99')
    await expect(d1(db).migrate()).rejects.toMatchObject({ code: 'store_newer' })
    await empty(db)
    await ask('CREATE TABLE theirs (x)')
    await expect(d1(db).migrate()).rejects.toMatchObject({ code: 'store_foreign' })
    await empty(db)
    // The one that Cloudflare's command line keeps says nothing about whose database it is.
    await ask('CREATE TABLE d1_migrations (id INTEGER)')
    await d1(db).migrate()
  })

  test('records find their places when several Workers declare new indexes at once', async () => {
    const store = await ready()
    const spec = (indexes: { readonly [name: string]: readonly string[] }) => ({ name: 'things', indexes })
    const before = store.records(spec({ byA: ['a'], byB: ['b'] }))
    const many = Array.from({ length: 450 }, (_, i) => ({ put: { id: `r${i}`, a: i, b: -i, c: i % 7 } }))
    await before.write('p', many.slice(0, 300))
    await before.write('q', many.slice(300))
    const after = [1, 2, 3].map(() => d1(db).records(spec({ byB: ['a'], byC: ['c', 'b'] })))
    const lists = await Promise.all(after.map((records) => records.list('q', 'byC', { prefix: [3], limit: 500 })))
    for (const { rows } of lists) expect(rows.map(({ id: own }) => own)).toEqual(ordered(many.slice(300)))
    expect(await ask('SELECT COUNT(*) AS n, COUNT(DISTINCT ix) AS kinds FROM record_index')).toEqual([
      { n: 900, kinds: 2 },
    ])
  })

  function ordered(puts: readonly { readonly put: { readonly id: string; readonly b: number; readonly c: number } }[]) {
    return puts
      .map(({ put }) => put)
      .filter(({ c }) => c === 3)
      .toSorted((a, b) => a.b - b.b)
      .map(({ id: own }) => own)
  }
})
