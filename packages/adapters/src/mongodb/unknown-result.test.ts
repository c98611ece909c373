import { MongoClient } from 'mongodb'
import type { ClientSession } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mongodb } from './index.ts'
import { ada, commitOptions, createOp, readAll, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import { startStandIn } from './testing/stand-in/stand-in.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let server: TestServer
let database: TestDatabase

beforeAll(async () => {
  server = await startServer()
  database = await createDatabase(server)
  const store = database.open()
  await store.migrate()
  await store.users.put(ada)
  await store.close()
})

afterAll(async () => {
  await database.drop()
  await server.stop()
})

/** What the driver throws for all but the first call in flight when a connection is lost: no label at all. */
function lostConnection(): Error {
  return Object.assign(new Error('connection 1 to 127.0.0.1 closed'), { name: 'MongoNetworkError' })
}

/** A client whose commits get lost on the way: the request, or the answer. */
async function losing(what: ('request' | 'answer')[]): Promise<MongoClient> {
  const client = await MongoClient.connect(server.url)
  const open = client.startSession.bind(client)
  client.startSession = (options): ClientSession => {
    const session = open(options)
    const commit = session.commitTransaction.bind(session)
    session.commitTransaction = async () => {
      const lost = what.shift()
      if (lost === undefined) return await commit()
      if (lost === 'answer') await commit()
      throw lostConnection()
    }
    return session
  }
  return client
}

describe('a commit whose result got lost', () => {
  test.each<[string, ('request' | 'answer')[]]>([
    ['its answer', ['answer']],
    ['its request', ['request']],
    ['answers, many times', ['answer', 'request', 'answer', 'request']],
  ])('%s: is done once and says so', async (_name, what) => {
    const client = await losing(what)
    const store = mongodb(client, { database: database.name })
    const target = threadOf(Math.trunc(performance.now() * 1000))
    const commit = await store.commit(target, [createOp({ source: 'once' })], commitOptions())
    expect(commit).toMatchObject({ thread: { ver: 1 }, results: [{ ok: true, repeat: false }] })
    expect(await readAll(store, target)).toMatchObject([{ source: 'once' }])
    expect(await store.ver(target)).toBe(1)
    await client.close()
  })

  test('an increment of a record counts once', async () => {
    const client = await losing([])
    const what: ('request' | 'answer')[] = ['answer', 'answer']
    const store = mongodb(await losing(what), { database: database.name })
    const records = store.records({ name: `counts${performance.now()}`, indexes: {} })
    await mongodb(client, { database: database.name }).ping()
    await records.write('blog', [{ put: { id: 'n', value: 0 } }])
    what.push('answer')
    await records.write('blog', [{ inc: { id: 'n', by: { value: 1 } } }])
    expect(await records.get('blog', 'n')).toEqual({ id: 'n', rev: 2, value: 1 })
    await client.close()
  })
})

describe('on the stand-in, where faults come on command', () => {
  test('every way to lose a connection in a commit ends in one comment', async () => {
    const standIn = await startStandIn({ members: 1 })
    const store = mongodb(standIn.url)
    await store.migrate()
    await store.users.put(ada)
    const target = threadOf(1)
    let written = 0
    for (const command of ['find', 'insert', 'update', 'commitTransaction']) {
      for (const how of ['cut before', 'cut after'] as const) {
        standIn.fail({ commands: [command], times: 2, how })
        const key = { scope: 's', value: `${command} ${how}`, hash: 'h' }
        const { results } = await store.commit(target, [createOp({ key })], commitOptions())
        expect({ fault: key.value, results }).toMatchObject({ results: [{ ok: true }] })
        written++
        expect({ fault: key.value, rows: (await readAll(store, target)).length }).toMatchObject({ rows: written })
      }
    }
    await store.close()
    await standIn.stop()
  })

  test('a primary that lost its role while it said "no such transaction" is not believed', async () => {
    const standIn = await startStandIn({ members: 1 })
    const store = mongodb(standIn.url, { limitMs: 1000 })
    await store.migrate()
    await store.users.put(ada)
    const answer = {
      ok: 0,
      code: 251,
      codeName: 'NoSuchTransaction',
      errmsg: 'Transaction was aborted',
      writeConcernError: { code: 11602, codeName: 'InterruptedDueToReplStateChange', errmsg: 'stepped down' },
    }
    standIn.fail({ commands: ['commitTransaction'], times: 2, how: { answer } })
    const { results } = await store.commit(threadOf(1), [createOp()], commitOptions())
    expect(results).toMatchObject([{ ok: true, repeat: false }])
    expect(await readAll(store, threadOf(1))).toHaveLength(1)
    standIn.fail({ commands: ['commitTransaction'], times: 1000, how: { answer } })
    await expect(store.commit(threadOf(1), [createOp()], commitOptions())).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    await store.close()
    await standIn.stop()
  })

  test('a long answer whose rest is gone with the process that had it is asked for anew', async () => {
    const standIn = await startStandIn({ members: 1 })
    const store = mongodb(standIn.url)
    await store.migrate()
    await store.users.put(ada)
    await store.commit(
      threadOf(1),
      Array.from({ length: 150 }, () => createOp()),
      commitOptions(),
    )
    standIn.fail({
      commands: ['getMore'],
      times: 1,
      how: { answer: { ok: 0, code: 43, errmsg: 'cursor id not found' } },
    })
    expect(await store.scan(threadOf(1), { limit: 150 })).toHaveLength(150)
    await store.close()
    await standIn.stop()
  })

  test('with nobody there a call fails within 2 seconds, and works again without a restart', async () => {
    const standIn = await startStandIn({ members: 1 })
    const [member] = standIn.members
    if (member === undefined) throw new Error('no member')
    const store = mongodb(standIn.url)
    await store.migrate()
    await store.users.put(ada)
    standIn.kill(member)
    const started = performance.now()
    const commit = () => store.commit(threadOf(1), [createOp()], commitOptions())
    await expect(commit()).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - started).toBeLessThan(2000)
    await expect(store.ver(threadOf(1))).rejects.toMatchObject({ code: 'store_unavailable' })
    await standIn.restart(member)
    await vi.waitFor(async () => expect((await commit()).results).toMatchObject([{ ok: true }]), { timeout: 10_000 })
    await store.close()
    await standIn.stop()
  })

  test('a member that stands still holds a call no longer than its limit', async () => {
    const standIn = await startStandIn({ members: 1 })
    const [member] = standIn.members
    if (member === undefined) throw new Error('no member')
    const store = mongodb(standIn.url, { limitMs: 300 })
    await store.migrate()
    standIn.pause(member)
    const started = performance.now()
    await expect(store.ver(threadOf(1))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(performance.now() - started).toBeLessThan(2000)
    standIn.resume(member)
    await vi.waitFor(async () => expect(await store.ver(threadOf(1))).toBe(0), { timeout: 10_000 })
    await store.close()
    await standIn.stop()
  })

  test('a new primary that does not know yet what a majority has makes readers wait, not read the past', async () => {
    const standIn = await startStandIn({ members: 3, electionMs: 60 })
    const store = mongodb(standIn.url)
    await store.migrate()
    await store.users.put(ada)
    await store.commit(threadOf(1), [createOp()], commitOptions())
    const primary = standIn.primary()
    if (primary === null) throw new Error('no primary')
    const release = standIn.holdReplication()
    standIn.kill(primary)
    await vi.waitFor(() => expect(standIn.primary()).not.toBe(primary))
    // Now the driver has found the new primary.
    await store.ping()
    let answered = false
    const ver = store.ver(threadOf(1)).finally(() => (answered = true))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(answered).toBe(false)
    release()
    expect(await ver).toBe(1)
    await store.close()
    await standIn.stop()
  })
})
