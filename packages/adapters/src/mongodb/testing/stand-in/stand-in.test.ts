import { Long, MongoClient, MongoServerError, Timestamp } from 'mongodb'
import type { Db } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startStandIn } from './stand-in.fixture.ts'
import type { StandIn } from './stand-in.fixture.ts'
import type { Doc } from './wire.fixture.ts'

interface Item {
  _id: string
  t?: string
  n?: number
  at?: Date
  v?: number
}

let server: StandIn
let client: MongoClient
let db: Db
let names = 0

beforeAll(async () => {
  server = await startStandIn({ members: 3, electionMs: 60 })
  client = await MongoClient.connect(server.url, { heartbeatFrequencyMS: 500 })
  db = client.db('test')
})

afterAll(async () => {
  await client.close()
  await server.stop()
})

afterEach(() => server.slow(0))

async function collection() {
  const name = `c${names++}`
  await db.createCollection(name)
  return db.collection<Item>(name)
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MongoServerError)) throw error instanceof Error ? error : new Error('nothing was refused')
  return error.code
}

describe('documents', () => {
  test('are inserted, found in order, changed and removed by the real driver', async () => {
    const items = await collection()
    await items.insertMany([{ _id: 'a', n: 2 }, { _id: 'b', n: 1 }, { _id: 'c' }])
    expect(await items.find().sort({ n: 1 }).toArray()).toEqual([{ _id: 'c' }, { _id: 'b', n: 1 }, { _id: 'a', n: 2 }])
    expect(await items.findOne({ n: { $gt: 1 } }, { projection: { _id: 0 } })).toEqual({ n: 2 })
    expect(await items.updateOne({ _id: 'a' }, { $inc: { n: 5 }, $set: { t: 'x' } })).toMatchObject({
      modifiedCount: 1,
    })
    expect(await items.updateOne({ _id: 'a' }, { $set: { t: 'x' } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    })
    expect(
      await items.findOneAndUpdate({ _id: 'z' }, { $set: { n: 1 } }, { upsert: true, returnDocument: 'after' }),
    ).toEqual({ _id: 'z', n: 1 })
    expect((await items.deleteMany({ n: 1 })).deletedCount).toBe(2)
    expect(await items.find().toArray()).toEqual([{ _id: 'a', n: 7, t: 'x' }, { _id: 'c' }])
  })

  test('come in batches', async () => {
    const items = await collection()
    await items.insertMany(Array.from({ length: 250 }, (_, n) => ({ _id: String(n).padStart(3, '0'), n })))
    expect((await items.find().sort({ _id: 1 }).toArray()).map(({ n }) => n)).toEqual(
      Array.from({ length: 250 }, (_, n) => n),
    )
    expect(await items.find().sort({ _id: -1 }).skip(1).limit(2).toArray()).toMatchObject([{ n: 248 }, { n: 247 }])
    expect(
      await items.aggregate([{ $match: { n: { $lt: 10 } } }, { $group: { _id: null, n: { $sum: '$n' } } }]).toArray(),
    ).toEqual([{ _id: null, n: 45 }])
  })

  test('strings order by their UTF-8 bytes, not by UTF-16 units', async () => {
    const items = await collection()
    await items.insertMany([{ _id: '\u{1F600}' }, { _id: '\uFF21' }, { _id: 'a' }])
    expect((await items.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual(['a', '\uFF21', '\u{1F600}'])
  })

  test('are refused where the server refuses', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'a' })
    expect(await codeOf(items.insertOne({ _id: 'a' }))).toBe(11000)
    expect(await codeOf(items.updateOne({ _id: 'a' }, { $set: { _id: 'b' } }))).toBe(66)
    expect(await codeOf(items.insertOne({ _id: 'b', t: 'x'.repeat(16 * 1024 * 1024 - 20) }))).toBe(10334)
    expect(
      await codeOf(db.collection<Doc & { _id: unknown }>(items.collectionName).insertOne({ _id: 'q', $n: 1 })),
    ).toBe(52)
    expect(await codeOf(db.collection<Doc & { _id: unknown }>(items.collectionName).insertOne({ _id: ['q'] }))).toBe(53)
    expect(await codeOf(db.command({ insert: items.collectionName, documents: [] }))).toBe(16)
    expect(await codeOf(db.command({ find: items.collectionName, filter: { n: { $nearby: 1 } } }))).toBe(2)
    expect(await codeOf(db.command({ find: items.collectionName, filtre: {} }))).toBe(40415)
    expect(await codeOf(db.command({ filter: {}, find: items.collectionName }))).toBe(59)
    expect(await codeOf(db.command({ mapReduce: items.collectionName }))).toBe(59)
    expect(
      await codeOf(db.collection<Doc & { _id: unknown }>(items.collectionName).updateOne({}, { $rotate: { n: 1 } })),
    ).toBe(9)
    expect(await codeOf(items.find({}, { hint: 'nothing' }).toArray())).toBe(2)
    const tooMany = Array.from({ length: 100_001 }, (_, n) => ({ _id: n }))
    expect(await codeOf(db.command({ insert: items.collectionName, documents: tooMany }))).toBe(16)
  })
})

describe('indexes', () => {
  test('unique and partial ones keep what they promise', async () => {
    const items = await collection()
    await items.createIndex({ t: 1, n: 1 }, { name: 'tn', unique: true, partialFilterExpression: { v: 1 } })
    await items.createIndex({ t: 1, n: 1 }, { name: 'tn', unique: true, partialFilterExpression: { v: 1 } })
    await items.insertMany([
      { _id: 'a', t: 'x', n: 1, v: 1 },
      { _id: 'b', t: 'x', n: 1, v: 0 },
    ])
    expect(await codeOf(items.insertOne({ _id: 'c', t: 'x', n: 1, v: 1 }))).toBe(11000)
    expect(await codeOf(items.updateOne({ _id: 'b' }, { $set: { v: 1 } }))).toBe(11000)
    await items.deleteOne({ _id: 'a' })
    await items.updateOne({ _id: 'b' }, { $set: { v: 1 } })
    expect(await codeOf(items.createIndex({ t: 1 }, { name: 'tn' }))).toBe(86)
    expect(await codeOf(items.createIndex({ n: 1 }, { partialFilterExpression: { v: { $in: [1, 2] } } }))).toBe(67)
    expect(await codeOf(items.createIndex({ n: 1 }, { partialFilterExpression: { v: { $exists: false } } }))).toBe(67)
  })

  test('a hint to a partial index hides what the index does not hold', async () => {
    const items = await collection()
    await items.createIndex({ t: 1 }, { name: 'some', partialFilterExpression: { v: 1 } })
    await items.insertMany([
      { _id: 'a', t: 'x', v: 1 },
      { _id: 'b', t: 'x', v: 0 },
    ])
    expect(await items.find({ t: 'x' }, { hint: 'some' }).toArray()).toHaveLength(1)
    expect(await items.find({ t: 'x' }).toArray()).toHaveLength(2)
  })

  test('TTL removes what is due and nothing without a date', async () => {
    const items = await collection()
    await items.createIndex({ at: 1 }, { expireAfterSeconds: 10 })
    await items.insertMany([
      { _id: 'old', at: new Date(1000) },
      { _id: 'new', at: new Date(9_000_000) },
      { _id: 'none' },
    ])
    expect(server.expire(60_000)).toBe(1)
    expect((await items.find().toArray()).map(({ _id }) => _id)).toEqual(['new', 'none'])
  })
})

describe('transactions', () => {
  test('see one snapshot and their own writes; others see nothing before the commit', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'a', n: 1 })
    await client.withSession(async (session) => {
      session.startTransaction()
      expect(await items.findOne({ _id: 'a' }, { session })).toEqual({ _id: 'a', n: 1 })
      await items.insertOne({ _id: 'c', n: 9 })
      await items.insertOne({ _id: 'b', n: 2 }, { session })
      expect((await items.find({}, { session }).toArray()).map(({ _id }) => _id)).toEqual(['a', 'b'])
      expect(await items.findOne({ _id: 'b' })).toBeNull()
      await session.commitTransaction()
    })
    expect(await items.findOne({ _id: 'b' })).toEqual({ _id: 'b', n: 2 })
  })

  test('of two writers of one document the second one conflicts, with the label', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'a', n: 1 })
    await client.withSession(async (one) => {
      await client.withSession(async (two) => {
        one.startTransaction()
        two.startTransaction()
        await items.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: one })
        const error: unknown = await items
          .updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: two })
          .catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 112, errorLabels: ['TransientTransactionError'] })
        await one.commitTransaction()
        expect(await codeOf(two.commitTransaction())).toBe(251)
      })
    })
    expect(await items.findOne()).toEqual({ _id: 'a', n: 2 })
  })

  test('a write over something newer than the snapshot conflicts; a write outside waits', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'a', n: 1 })
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.findOne({ _id: 'x' }, { session })
      await items.updateOne({ _id: 'a' }, { $inc: { n: 1 } })
      expect(await codeOf(items.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session }))).toBe(112)
      await session.abortTransaction()
      session.startTransaction()
      await items.updateOne({ _id: 'a' }, { $inc: { n: 10 } }, { session })
      const outside = items.updateOne({ _id: 'a' }, { $inc: { n: 100 } })
      await session.commitTransaction()
      await outside
    })
    expect(await items.findOne()).toEqual({ _id: 'a', n: 112 })
  })

  test('a duplicate in a transaction ends it without a label; one that cannot be seen is a conflict', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'a' })
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.insertOne({ _id: 'b' }, { session })
      const error: unknown = await items.insertOne({ _id: 'a' }, { session }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 11000 })
      expect(error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError')).toBe(false)
      expect(await codeOf(items.insertOne({ _id: 'c' }, { session }))).toBe(251)
      await session.abortTransaction()
      session.startTransaction()
      await items.findOne({}, { session })
      await items.insertOne({ _id: 'd' })
      expect(await codeOf(items.insertOne({ _id: 'd' }, { session }))).toBe(112)
      await session.abortTransaction()
    })
    expect((await items.find().toArray()).map(({ _id }) => _id)).toEqual(['a', 'd'])
  })

  test('indexes are not made in a transaction', async () => {
    const items = await collection()
    await client.withSession(async (session) => {
      session.startTransaction()
      expect(await codeOf(items.createIndex({ n: 1 }, { session }))).toBe(263)
      await session.abortTransaction()
    })
  })

  test('an insert makes a missing collection, also in a transaction; an update of nothing does not', async () => {
    const names = async () => (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
    await client.withSession(async (session) => {
      session.startTransaction()
      await db.collection<Item>('made').insertOne({ _id: 'a' }, { session })
      await db.collection<Item>('none').updateOne({ _id: 'a' }, { $set: { n: 1 } }, { session })
      await session.commitTransaction()
      session.startTransaction()
      await db.collection<Item>('undone').insertOne({ _id: 'a' }, { session })
      await session.abortTransaction()
    })
    expect(await names()).toContain('made')
    expect(await names()).not.toContain('none')
    expect(await names()).not.toContain('undone')
  })

  test('nobody waits for a time that the cluster has not reached', async () => {
    const items = await collection()
    await client.withSession(async (session) => {
      session.advanceOperationTime(new Timestamp({ t: Math.floor(Date.now() / 1000) + 3600, i: 1 }))
      expect(await codeOf(items.findOne({}, { session }))).toBe(72)
    })
  })

  test('a server of its own has none', async () => {
    const alone = await startStandIn({ members: 0 })
    const direct = await MongoClient.connect(alone.url)
    const items = direct.db('test').collection<Item>('c')
    await items.insertOne({ _id: 'a' })
    await direct.withSession(async (session) => {
      session.startTransaction()
      await expect(items.insertOne({ _id: 'b' }, { session })).rejects.toThrow('does not support retryable writes')
    })
    await direct.close()
    await alone.stop()
  })
})

describe('faults', () => {
  test('slow answers are slow, and a cut connection is made again', async () => {
    const items = await collection()
    server.slow(60)
    const started = performance.now()
    await items.insertOne({ _id: 'a' })
    expect(performance.now() - started).toBeGreaterThanOrEqual(59)
    server.slow(0)
    for (const member of server.members) server.cut(member)
    // The driver itself repeats a call only once, and not at all when another one has met the cut before it.
    await vi.waitFor(async () => await items.updateOne({ _id: 'a' }, { $set: { n: 1 } }), { timeout: 5000 })
    expect(await items.find().toArray()).toEqual([{ _id: 'a', n: 1 }])
  })

  test('an answer may be any error', async () => {
    const items = await collection()
    server.fail({
      commands: ['find'],
      times: 1,
      how: { answer: { ok: 0, errmsg: 'no', code: 13, codeName: 'Unauthorized' } },
    })
    expect(await codeOf(items.find().toArray())).toBe(13)
  })

  test('an answer lost after the write is repeated by the driver and done once', async () => {
    const items = await collection()
    server.fail({ commands: ['insert'], times: 1, how: 'cut after' })
    await items.insertOne({ _id: 'a', n: 1 })
    server.fail({ commands: ['update'], times: 1, how: 'cut after' })
    await items.updateOne({ _id: 'a' }, { $inc: { n: 1 } })
    expect(await items.find().toArray()).toEqual([{ _id: 'a', n: 2 }])
  })

  test('an answer lost after the commit: the driver asks again and learns that it is done', async () => {
    const items = await collection()
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.insertOne({ _id: 'a' }, { session })
      server.fail({ commands: ['commitTransaction'], times: 1, how: 'cut after' })
      await session.commitTransaction()
    })
    expect(await items.find().toArray()).toHaveLength(1)
  })

  test('lost twice, the result is unknown and says so', async () => {
    const items = await collection()
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.insertOne({ _id: 'a' }, { session })
      server.fail({ commands: ['commitTransaction'], times: 2, how: 'cut after' })
      const error: unknown = await session.commitTransaction().catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        errorLabels: expect.arrayContaining(['UnknownTransactionCommitResult']) as unknown,
      })
      await session.commitTransaction()
    })
    expect(await items.find().toArray()).toHaveLength(1)
  })

  test('without a majority even the loss of a transaction is not certain', async () => {
    const items = await collection()
    const primary = server.primary()
    if (primary === null) throw new Error('no primary')
    const lone = await MongoClient.connect(`mongodb://${primary.address}/?directConnection=true`)
    const session = lone.startSession()
    session.startTransaction({ writeConcern: { w: 'majority', wtimeoutMS: 50 } })
    await lone.db('test').collection<Item>(items.collectionName).insertOne({ _id: 'a' }, { session })
    const lsid = session.id
    const release = server.holdReplication()
    await items.insertOne({ _id: 'b' }, { writeConcern: { w: 1 } })
    const commit = {
      commitTransaction: 1,
      lsid,
      txnNumber: Long.fromNumber(2),
      autocommit: false,
      writeConcern: { w: 'majority', wtimeout: 50 },
    }
    const failure = await lone
      .db('admin')
      .command(commit)
      .catch((error: unknown) => error)
    release()
    expect(failure).toBeInstanceOf(MongoServerError)
    expect(failure).toMatchObject({ code: 251, errorLabels: [] })
    await session.abortTransaction()
    await session.endSession()
    await lone.close()
  })

  test('a cursor ends with the process that it was opened in', async () => {
    const items = await collection()
    await items.insertMany(Array.from({ length: 150 }, (_, n) => ({ _id: String(n) })))
    const cursor = items.find()
    await cursor.next()
    const old = server.primary()
    if (old === null) throw new Error('no primary')
    server.kill(old)
    await server.restart(old)
    const failure = await cursor.toArray().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    await vi.waitFor(async () => expect(await items.countDocuments()).toBe(150), { timeout: 5000 })
  })

  test('writes without a majority are gone after an election, acknowledged ones stay', async () => {
    const items = await collection()
    await items.insertOne({ _id: 'kept' })
    const release = server.holdReplication()
    await items.insertOne({ _id: 'lost' }, { writeConcern: { w: 1 } })
    expect(await items.findOne({ _id: 'lost' }, { readConcern: 'local' })).not.toBeNull()
    expect(await items.findOne({ _id: 'lost' }, { readConcern: 'majority' })).toBeNull()
    expect(await codeOf(items.insertOne({ _id: 'late' }, { writeConcern: { w: 'majority', wtimeoutMS: 20 } }))).toBe(64)
    const old = server.primary()
    if (old === null) throw new Error('no primary')
    server.kill(old)
    await vi.waitFor(() => expect(server.primary()?.role).toBe('primary'))
    release()
    await server.restart(old)
    const found = await vi.waitFor(async () => await items.find().toArray(), { timeout: 5000 })
    expect(found.map(({ _id }) => _id)).toEqual(['kept'])
    await items.insertOne({ _id: 'after' })
    expect(await items.countDocuments()).toBe(2)
  })

  test('step-down: the driver finds the new primary, an open transaction is gone', async () => {
    const items = await collection()
    await client.withSession(async (session) => {
      session.startTransaction()
      await items.insertOne({ _id: 'a' }, { session })
      await client.db('admin').command({ replSetStepDown: 2, secondaryCatchUpPeriodSecs: 1 })
      await items.insertOne({ _id: 'b' })
      const error: unknown = await items.insertOne({ _id: 'c' }, { session }).catch((reason: unknown) => reason)
      expect(error instanceof MongoServerError && error.hasErrorLabel('TransientTransactionError')).toBe(true)
    })
    expect((await items.find().toArray()).map(({ _id }) => _id)).toEqual(['b'])
  })

  test('a member that stands still is replaced', async () => {
    const items = await collection()
    const old = server.primary()
    if (old === null) throw new Error('no primary')
    server.pause(old)
    await vi.waitFor(() => expect(server.primary()).not.toBe(old))
    server.resume(old)
    await vi.waitFor(async () => await items.insertOne({ _id: `a${names++}` }), { timeout: 5000 })
    expect(await items.countDocuments()).toBe(1)
  })
})
