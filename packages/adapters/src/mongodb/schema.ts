import { StoreError } from '../store/errors.ts'
import type { Doc, MongoDatabase } from './client.ts'
import { codeOf, notMigratedError } from './errors.ts'
import { toDocs } from './rows.ts'

/** Version of the collections and indexes below. A database with a higher one was written by a newer release. */
const schemaVersion = 1

/** Wire version of MongoDB 5.0. */
const oldestWireVersion = 13

/** Nothing that was delivered or answered is kept longer, even where nobody calls `prune`: 30 days. */
const netSeconds = 30 * 24 * 3600

interface IndexDefinition {
  readonly name: string
  readonly key: { readonly [field: string]: 1 | -1 }
  readonly unique?: true
  readonly partialFilterExpression?: Doc
  readonly expireAfterSeconds?: number
}

/** Names of the indexes that queries hint at. */
export const index = {
  id: '_id_',
  threadsOfSite: 'site_id',
  comment: 'thread_id',
  tree: 'thread_parent_visible_id',
  firstReplies: 'thread_parent_ordinal',
  mine: 'thread_user_id',
  author: 'site_user_id',
  site: 'site_published_id',
  queue: 'site_queue_id',
  revision: 'thread_comment_rev',
  idem: 'thread_id',
  keyOfComment: 'thread_comment',
  keyAge: 'at',
  eventVersion: 'thread_ver',
  eventTodo: 'todo_at_id',
  eventDone: 'done_at',
  record: 'part_id',
  recordKey: 'part_id',
  recordKeyOf: 'part_record',
} as const

/** The indexes of each collection, besides `_id_`. */
export const indexDefinitions: { readonly [collection: string]: readonly IndexDefinition[] } = {
  meta: [],
  threads: [{ name: index.threadsOfSite, key: { site: 1, _id: 1 } }],
  comments: [
    { name: index.comment, key: { t: 1, _id: 1 }, unique: true },
    { name: index.tree, key: { t: 1, p: 1, vis: 1, _id: 1 } },
    { name: index.firstReplies, key: { t: 1, p: 1, n: 1 }, partialFilterExpression: { vis: 1 } },
    { name: index.mine, key: { t: 1, u: 1, _id: -1 } },
    { name: index.author, key: { site: 1, u: 1, id: -1 } },
    { name: index.site, key: { site: 1, id: -1 }, partialFilterExpression: { st: 0 } },
    { name: index.queue, key: { site: 1, st: 1, id: 1 }, partialFilterExpression: { q: 1 } },
  ],
  revisions: [{ name: index.revision, key: { t: 1, c: 1, rev: 1 }, unique: true }],
  idem: [
    { name: index.idem, key: { t: 1, _id: 1 }, unique: true },
    { name: index.keyOfComment, key: { t: 1, c: 1 } },
    { name: index.keyAge, key: { at: 1 } },
    { name: 'net', key: { net: 1 }, expireAfterSeconds: netSeconds },
  ],
  events: [
    { name: index.eventVersion, key: { t: 1, ver: 1 }, unique: true },
    { name: index.eventTodo, key: { todo: 1, at: 1, _id: 1 }, partialFilterExpression: { todo: 1 } },
    { name: index.eventDone, key: { done: 1, at: 1 }, partialFilterExpression: { done: 1 } },
    { name: 'net', key: { net: 1 }, expireAfterSeconds: netSeconds },
  ],
  users: [],
  records: [{ name: index.record, key: { part: 1, _id: 1 }, unique: true }],
  record_keys: [
    { name: index.recordKey, key: { part: 1, _id: 1 }, unique: true },
    { name: index.recordKeyOf, key: { part: 1, r: 1 } },
  ],
  record_specs: [],
}

/** One collection and the key that shards it. */
export interface ShardKey {
  readonly collection: string
  readonly key: { readonly [field: string]: 1 | 'hashed' }
  readonly unique: boolean
}

/**
 * The shard key of each collection, for whoever runs a sharded cluster: `sh.shardCollection('confab.' + collection, key,
 * unique)`. Collections not named here stay on one shard. Ranges of `t` (and of `_id` in `threads`) should lie in the
 * same zones in all of them, made before sharding, so that each thread has one home.
 *
 * @example
 * for (const { collection, key, unique } of mongodbShardKeys) {
 *   await admin.command({ shardCollection: `confab.${collection}`, key, unique })
 * }
 */
export const mongodbShardKeys: readonly ShardKey[] = [
  { collection: 'threads', key: { _id: 1 }, unique: true },
  { collection: 'comments', key: { t: 1, _id: 1 }, unique: true },
  { collection: 'revisions', key: { t: 1, c: 1, rev: 1 }, unique: true },
  { collection: 'idem', key: { t: 1, _id: 1 }, unique: true },
  { collection: 'events', key: { t: 1, ver: 1 }, unique: true },
  { collection: 'users', key: { _id: 'hashed' }, unique: false },
  { collection: 'records', key: { part: 1, _id: 1 }, unique: true },
  { collection: 'record_keys', key: { part: 1, _id: 1 }, unique: true },
]

/** @throws StoreError when the server is too old, or has no transactions because it is not a replica set */
export async function checkServer(db: MongoDatabase): Promise<void> {
  const hello: Doc = { ...(await db.command({ hello: 1 })) }
  const hasTransactions = typeof hello['setName'] === 'string' || hello['msg'] === 'isdbgrid'
  if (!hasTransactions) {
    throw new StoreError(
      'store_failed',
      'The MongoDB server has no transactions: start it with `--replSet` and call `rs.initiate()` once, one member is enough',
    )
  }
  if (Number(hello['maxWireVersion']) < oldestWireVersion) {
    throw new StoreError('store_failed', 'The MongoDB server is too old: use version 5.0 or later')
  }
}

/** Creates what is missing. Several processes may do it at once. */
export async function bringForward(db: MongoDatabase): Promise<void> {
  await checkServer(db)
  const present = await versionOf(db)
  if (present !== null && present > schemaVersion) {
    throw new StoreError(
      'store_newer',
      'The database was written by a newer version: use that version or a copy from before',
    )
  }
  if (present === null) await checkEmpty(db)
  await Promise.all(
    Object.entries(indexDefinitions).map(async ([name, definitions]) => {
      // Even for a collection that exists, the server stops all that goes on in it for this: not at every start.
      if (present !== schemaVersion) await createCollection(db, name)
      if (definitions.length > 0) await db.collection(name).createIndexes(definitions)
    }),
  )
  await db.collection('meta').updateOne({ _id: 'schema' }, { $max: { version: schemaVersion } }, { upsert: true })
}

async function createCollection(db: MongoDatabase, name: string): Promise<void> {
  try {
    await db.createCollection(name)
  } catch (error) {
    // NamespaceExists: made earlier, or by another process just now.
    if (codeOf(error) !== 48) throw error
  }
}

/**
 * A trap: the server makes a missing collection by itself, also in a transaction, but without indexes. Whoever writes
 * before `migrate` would get through once, and `migrate` would then find data that looks like another program's.
 *
 * @throws StoreError when `migrate` was never called
 */
export async function checkMigrated(db: MongoDatabase): Promise<void> {
  if ((await versionOf(db)) === null) throw notMigratedError()
}

async function versionOf(db: MongoDatabase): Promise<number | null> {
  const [meta] = toDocs(await db.collection('meta').find({ _id: 'schema' }, { limit: 1 }).toArray())
  return meta ? Number(meta['version']) : null
}

/** Names such as `users` are common: a database of the host's own must not be mistaken for an empty one. */
async function checkEmpty(db: MongoDatabase): Promise<void> {
  for (const name of Object.keys(indexDefinitions)) {
    const [foreign] = toDocs(await db.collection(name).find({}, { limit: 1 }).toArray())
    // Another process may have begun in this very moment.
    if (foreign && (await versionOf(db)) === null) {
      throw new StoreError(
        'store_foreign',
        `The collection \`${name}\` holds data of another program: name a database of its own`,
      )
    }
  }
}
