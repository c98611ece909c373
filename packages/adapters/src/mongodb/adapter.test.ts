import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '@confab/core/ports'
import { mongodb } from './index.ts'
import { ada, commitOptions, createOp, readAll, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import { startStandIn } from './testing/stand-in/stand-in.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 120_000 })

let server: TestServer
let database: TestDatabase
let store: Store

beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server)
  store = mongodb(database.client, { database: database.name })
  await store.migrate()
})

afterAll(async () => {
  await store.close()
  await database.drop()
  await server.stop()
})

beforeEach(async () => {
  await database.empty()
  await store.migrate()
  await store.users.put(ada)
})

describe('the client', () => {
  test('one that was brought along stays open, one from a connection string is closed', async () => {
    const brought = mongodb(database.client, { database: database.name })
    await brought.ping()
    await brought.close()
    await expect(brought.ping()).rejects.toMatchObject({ code: 'store_closed' })
    expect(await database.db.command({ ping: 1 })).toMatchObject({ ok: 1 })
    const own = database.open()
    await own.ping()
    await own.close()
    await expect(own.ping()).rejects.toMatchObject({ code: 'store_closed' })
  })

  test('a function is asked for each call, so a client may come and go', async () => {
    let calls = 0
    const changing = mongodb(
      () => {
        calls++
        return database.client
      },
      { database: database.name },
    )
    await changing.ping()
    await changing.ping()
    expect(calls).toBe(2)
    await changing.close()
  })

  test('whatever a client was set to, values come out plain', async () => {
    const odd = await MongoClient.connect(server.url, {
      useBigInt64: true,
      ignoreUndefined: true,
    })
    const own = mongodb(odd, { database: database.name })
    await own.commit(threadOf(1), [createOp({ at: 1_700_000_000_000 })], commitOptions())
    expect(await own.ver(threadOf(1))).toBe(1)
    expect(await readAll(own, threadOf(1))).toMatchObject([{ at: 1_700_000_000_000, rev: 1 }])
    await own.close()
    await odd.close()
  })

  test('writes that were acknowledged are seen by what is read next, also through the session of another call', async () => {
    const commands: Record<string, unknown>[] = []
    const watched = await MongoClient.connect(server.url, { monitorCommands: true })
    watched.on('commandStarted', (event) => commands.push(event.command))
    const own = mongodb(watched, { database: database.name })
    await own.commit(threadOf(1), [createOp()], commitOptions())
    commands.length = 0
    await own.ver(threadOf(1))
    expect(commands).toMatchObject([
      { find: 'threads', readConcern: { level: 'majority', afterClusterTime: expect.anything() as unknown } },
    ])
    commands.length = 0
    await own.commit(threadOf(1), [createOp()], commitOptions())
    expect(commands[0]).toMatchObject({ startTransaction: true, readConcern: { level: 'snapshot' } })
    expect(commands.at(-1)).toMatchObject({ commitTransaction: 1, writeConcern: { w: 'majority', j: true } })
    commands.length = 0
    await own.users.put(ada)
    expect(commands).toMatchObject([{ update: 'users', writeConcern: { w: 'majority', j: true } }])
    await own.close()
    await watched.close()
  })
})

describe('migrate', () => {
  test('may run many times and at once', async () => {
    const before = await indexNames()
    await Promise.all(Array.from({ length: 4 }, () => store.migrate()))
    expect(await indexNames()).toEqual(before)
  })

  test('may run for the first time in several processes at once', async () => {
    const fresh = `${database.name}_fresh`
    const stores = Array.from({ length: 4 }, () => mongodb(server.url, { database: fresh }))
    await Promise.all(stores.map((one) => one.migrate()))
    for (const one of stores) await one.close()
    const own = mongodb(database.client, { database: fresh })
    await own.users.put(ada)
    await own.commit(threadOf(1), [createOp()], commitOptions())
    expect(await own.ver(threadOf(1))).toBe(1)
    await database.client.db(fresh).dropDatabase()
  })

  test('was forgotten: every write says so and leaves nothing behind, so it can be called then', async () => {
    const forgotten = `${database.name}_forgotten`
    const own = mongodb(database.client, { database: forgotten })
    const refused = { code: 'store_failed', message: expect.stringContaining('call `migrate` first') as unknown }
    const records = own.records({ name: 'notes', indexes: {} })
    await expect(own.users.put(ada)).rejects.toMatchObject(refused)
    await expect(own.commit(threadOf(1), [createOp()], commitOptions())).rejects.toMatchObject(refused)
    await expect(records.write('blog', [{ put: { id: 'a' } }])).rejects.toMatchObject(refused)
    await expect(records.list('blog', null, { limit: 1 })).rejects.toMatchObject(refused)
    await expect(own.migrate()).resolves.toBeUndefined()
    await own.users.put(ada)
    await own.commit(threadOf(1), [createOp()], commitOptions())
    await database.client.db(forgotten).dropDatabase()
  })

  test('leaves a database of another program alone', async () => {
    const foreign = `${database.name}_foreign`
    const acknowledged = { writeConcern: { w: 'majority' } } as const
    await database.client.db(foreign).collection('users').insertOne({ name: 'Bob' }, acknowledged)
    const wrong = mongodb(database.client, { database: foreign })
    await expect(wrong.migrate()).rejects.toMatchObject({ code: 'store_foreign' })
    await database.client.db(foreign).dropDatabase()
  })

  test('leaves a database of a newer version alone', async () => {
    await database.db.collection<{ _id: string }>('meta').updateOne({ _id: 'schema' }, { $set: { version: 99 } })
    await expect(store.migrate()).rejects.toMatchObject({ code: 'store_newer' })
  })

  test('says what to do when the server is not a replica set', async () => {
    const alone = await startStandIn({ members: 0 })
    const own = mongodb(alone.url)
    await expect(own.migrate()).rejects.toThrow('start it with `--replSet`')
    await expect(own.commit(threadOf(1), [createOp()], commitOptions())).rejects.toMatchObject({ code: 'store_failed' })
    await own.close()
    await alone.stop()
  })

  async function indexNames(): Promise<string[]> {
    const collections = await database.db.listCollections().toArray()
    const names = await Promise.all(
      collections.map(async ({ name }) =>
        (await database.db.collection(name).indexes()).map((index) => `${name}.${index.name}`),
      ),
    )
    return names.flat().sort()
  }
})

describe('what a caller in plain JavaScript may send', () => {
  const operator = { $ne: null } as unknown as string

  test.each<[string, (store: Store) => Promise<unknown>]>([
    ['siteOf', (one) => one.siteOf(operator)],
    ['ver', (one) => one.ver({ site: 'blog', thread: operator })],
    ['ver of a site', (one) => one.ver({ ...threadOf(1), site: operator })],
    ['page', (one) => one.page({ ...threadOf(1), parent: operator, sort: 'newest', limit: 10 })],
    [
      'page behind',
      (one) => one.page({ ...threadOf(1), parent: null, sort: 'newest', limit: 10, after: { rank: 0, id: operator } }),
    ],
    ['replies', (one) => one.replies(threadOf(1), [operator], 3)],
    ['rows', (one) => one.rows(threadOf(1), [operator])],
    ['threads', (one) => one.threads('blog', [operator])],
    ['listThreads', (one) => one.listThreads(operator, { limit: 10 })],
    ['mine', (one) => one.mine(threadOf(1), operator, 10)],
    ['list', (one) => one.list({ by: 'author', site: 'blog', user: operator, limit: 10 })],
    ['scan', (one) => one.scan(threadOf(1), { after: operator, limit: 10 })],
    ['revisions', (one) => one.revisions(threadOf(1), operator)],
    ['users.get', (one) => one.users.get('blog', [operator])],
    ['events.since', (one) => one.events.since(threadOf(1), operator as unknown as number, 10)],
    ['events.done', (one) => one.events.done([operator])],
    ['prune', (one) => one.prune({ keysBefore: operator as unknown as number, eventsBefore: 0 })],
    ['commit', (one) => one.commit({ ...threadOf(1), thread: operator }, [createOp()], commitOptions())],
    ['commit: edit', (one) => one.commit(threadOf(1), [{ op: 'purge', id: operator, at: 1 }], commitOptions())],
    ['commit: parent', (one) => one.commit(threadOf(1), [createOp({ parent: operator })], commitOptions())],
    ['commit: author', (one) => one.commit(threadOf(1), [createOp({ author: operator })], commitOptions())],
    [
      'commit: key',
      (one) =>
        one.commit(threadOf(1), [createOp({ key: { scope: 's', value: operator, hash: 'h' } })], commitOptions()),
    ],
    ['records.get', (one) => one.records({ name: 'notes', indexes: {} }).get('blog', operator)],
    ['records.list', (one) => one.records({ name: 'notes', indexes: {} }).list(operator, null, { limit: 10 })],
  ])('%s: no object reaches a filter', async (_name, call) => {
    await store.commit(threadOf(1), [createOp({ key: { scope: 's', value: 'v', hash: 'h' } })], commitOptions())
    await expect(call(store)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('first replies', () => {
  test('are the oldest by id, also where some are hidden or came late', async () => {
    const root = createOp({ id: 'r000000000000000' })
    const reply = (id: string) => createOp({ id, parent: root.id })
    const target = threadOf(1)
    await store.commit(target, [root, reply('r3'), reply('r4'), reply('r5'), reply('r6')], commitOptions())
    const first = async () => (await store.replies(target, [root.id], 2)).get(root.id)?.map(({ id }) => id)
    expect(await first()).toEqual(['r3', 'r4'])
    await store.commit(target, [{ op: 'status', id: 'r3', to: 'spam', by: 'm', at: 2 }], commitOptions())
    expect(await first()).toEqual(['r4', 'r5'])
    await store.commit(target, [reply('r1')], commitOptions())
    expect(await first()).toEqual(['r1', 'r4'])
    const page = await store.page({ ...target, parent: null, sort: 'newest', limit: 5, replies: 2 })
    expect(page.replies.get(root.id)?.map(({ id }) => id)).toEqual(['r1', 'r4'])
  })
})
