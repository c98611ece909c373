import { MongoClient } from 'mongodb'
import type { Db, MongoClientOptions } from 'mongodb'
import type { Store } from '@confab/core/ports'
import { mongodb } from '../index.ts'
import type { TestServer } from './test-server.fixture.ts'

/** A database of a test file's own on a server that may have others. */
export interface TestDatabase {
  readonly client: MongoClient
  readonly name: string
  readonly db: Db
  /** A store on it, with a client of the store's own. */
  open(): Store
  /** Removes every document; collections and indexes stay, which is much faster than making them again. */
  empty(): Promise<void>
  drop(): Promise<void>
}

export async function createDatabase(server: TestServer, options: MongoClientOptions = {}): Promise<TestDatabase> {
  const client = await MongoClient.connect(server.url, options)
  const name = `confab_test_${crypto.randomUUID().slice(0, 8)}`
  const db = client.db(name, { writeConcern: { w: 'majority' } })
  return {
    client,
    name,
    db,
    open: () => mongodb(server.url, { database: name }),
    async empty() {
      const collections = await db.listCollections({}, { nameOnly: true }).toArray()
      await Promise.all(collections.map((collection) => db.collection(collection.name).deleteMany({})))
    },
    async drop() {
      await db.dropDatabase()
      await client.close()
    },
  }
}
