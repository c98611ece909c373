import { StoreError } from '../store/errors.ts'

/** A document as the driver takes and gives it. */
export interface Doc {
  [field: string]: unknown
}

/** The part of the driver's `ClientSession` that the store uses. */
export interface MongoSession {
  readonly operationTime?: unknown
  readonly clusterTime?: unknown
  advanceOperationTime(time: unknown): void
  advanceClusterTime(time: unknown): void
  startTransaction(options?: object): void
  commitTransaction(): Promise<unknown>
  abortTransaction(): Promise<unknown>
  endSession(): Promise<unknown>
}

/** The part of the driver's `Collection` that the store uses. */
export interface MongoCollection {
  find(filter: object, options?: object): { toArray(): Promise<object[]> }
  insertMany(docs: readonly object[], options?: object): Promise<unknown>
  replaceOne(filter: object, doc: object, options?: object): Promise<unknown>
  updateOne(filter: object, update: object, options?: object): Promise<unknown>
  findOneAndUpdate(filter: object, update: object, options: object): Promise<object | null>
  updateMany(filter: object, update: object, options?: object): Promise<unknown>
  deleteMany(filter: object, options?: object): Promise<unknown>
  bulkWrite(operations: readonly object[], options?: object): Promise<{ readonly matchedCount: number }>
  createIndexes(indexes: readonly object[], options?: object): Promise<unknown>
}

/** The part of the driver's `Db` that the store uses. */
export interface MongoDatabase {
  collection(name: string, options?: object): MongoCollection
  createCollection(name: string, options?: object): Promise<unknown>
  command(command: object, options?: object): Promise<object>
}

/**
 * What the store needs of a `MongoClient`, as a shape and not as a class, so that a client of another copy of the driver
 * fits as well.
 */
export interface MongoClientLike {
  db(name: string, options?: object): MongoDatabase
  startSession(options?: object): MongoSession
  close(): Promise<unknown>
}

/** A client, a function that answers with the client of this moment, or a connection string. */
export type MongoSource = MongoClientLike | (() => MongoClientLike) | string

/** Where the client comes from, and who closes it. */
export interface Connection {
  client(): Promise<MongoClientLike>
  /** Closes only a client that was opened here. */
  close(): Promise<void>
}

/**
 * Time limits for a client that the store opens itself. A member that stands still is noticed after about 4 s (one
 * heartbeat and one connect time-out); when no member at all can be reached, a call fails within 2 s.
 */
const clientOptions = {
  appName: 'confab',
  connectTimeoutMS: 2000,
  heartbeatFrequencyMS: 2000,
  serverSelectionTimeoutMS: 1500,
  waitQueueTimeoutMS: 5000,
  maxPoolSize: 50,
}

export function connect(source: MongoSource): Connection {
  if (typeof source === 'string') return ownConnection(source)
  const client = typeof source === 'function' ? source : () => source
  return { client: async () => client(), close: async () => {} }
}

function ownConnection(url: string): Connection {
  let opened: Promise<MongoClientLike> | null = null
  async function open(): Promise<MongoClientLike> {
    const driver = await import('mongodb').catch((cause: unknown) => {
      throw new StoreError('store_missing', 'Install the package `mongodb` to open a connection string', cause)
    })
    return new driver.MongoClient(url, clientOptions)
  }
  return {
    client() {
      opened ??= open()
      return opened
    },
    async close() {
      // A failed import has been reported to whoever asked for the client.
      const client = await opened?.catch(() => null)
      await client?.close()
    },
  }
}
