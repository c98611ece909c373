import type { Call } from './call.fixture.ts'
import { addToBuckets, namespaceOf } from './data.fixture.ts'
import type { Collection, Data, Index, IndexSpec } from './data.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { checkPartialFilter, indexKey, matcher } from './match.fixture.ts'
import { isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

const INDEX_FIELDS = new Set([
  'v',
  'key',
  'name',
  'unique',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
])

function makeIndex(spec: IndexSpec): Index {
  const fields = Object.keys(spec.key)
  return {
    spec,
    fields,
    holds: spec.partial === null ? () => true : matcher(spec.partial),
    buckets: fields.map(() => new Map()),
  }
}

export function findCollection(data: Data, database: string, name: unknown): Collection | null {
  return data.collections.get(namespaceOf(database, name)) ?? null
}

function newCollection(database: string, name: string): Collection {
  const byId = makeIndex({ name: '_id_', key: { _id: 1 }, unique: true, partial: null, expireAfterSeconds: null })
  const namespace = namespaceOf(database, name)
  return { namespace, name, database, rows: new Map(), indexes: new Map([['_id_', byId]]) }
}

export function createCollection(data: Data, database: string, name: string): Collection {
  const collection = newCollection(database, name)
  data.collections.set(collection.namespace, collection)
  return collection
}

/**
 * The collection a write goes to. A missing one is made in passing by whatever inserts, from 4.4 on in a transaction too;
 * an update or a delete of nothing makes none.
 */
export function collectionFor(call: Call, name: unknown, inserts: boolean): Collection {
  const { data } = call.server.set
  const found = findCollection(data, call.database, name)
  if (found !== null) return found
  if (!inserts) return newCollection(call.database, String(name))
  const made = createCollection(data, call.database, String(name))
  call.txn?.made.push(made)
  return made
}

function readSpec(given: unknown): IndexSpec {
  if (!isPlain(given)) throw new ServerError('TypeMismatch', 'index specifications must be objects')
  for (const field of Object.keys(given)) {
    if (!INDEX_FIELDS.has(field))
      throw new ServerError('InvalidOptions', `The field '${field}' is not valid for an index specification`)
  }
  const { key, name, unique, partialFilterExpression: partial, expireAfterSeconds } = given
  if (!isPlain(key) || Object.keys(key).length === 0)
    throw new ServerError('CannotCreateIndex', 'Index keys cannot be empty.')
  for (const direction of Object.values(key)) {
    if (direction !== 1 && direction !== -1)
      throw new ServerError('CannotCreateIndex', 'stand-in: only ascending and descending keys')
  }
  if (typeof name !== 'string' || name === '') throw new ServerError('CannotCreateIndex', 'index name cannot be empty')
  if (partial !== undefined) {
    if (!isPlain(partial)) throw new ServerError('TypeMismatch', 'partialFilterExpression must be an object')
    if (Object.keys(key).join() === '_id')
      throw new ServerError('CannotCreateIndex', '_id index cannot be a partial index')
    checkPartialFilter(partial)
  }
  if (expireAfterSeconds !== undefined) {
    if (typeof expireAfterSeconds !== 'number' || expireAfterSeconds < 0)
      throw new ServerError('CannotCreateIndex', 'expireAfterSeconds must be a number')
    if (Object.keys(key).length !== 1)
      throw new ServerError('CannotCreateIndex', 'TTL indexes are single-field indexes')
  }
  return {
    name,
    key,
    unique: unique === true,
    partial: isPlain(partial) ? partial : null,
    expireAfterSeconds: typeof expireAfterSeconds === 'number' ? expireAfterSeconds : null,
  }
}

const essence = (spec: IndexSpec): string =>
  JSON.stringify([spec.key, spec.unique, spec.partial, spec.expireAfterSeconds])

export function createIndex(collection: Collection, given: unknown): void {
  const spec = readSpec(given)
  for (const { spec: other } of collection.indexes.values()) {
    const sameName = other.name === spec.name
    const sameKey = JSON.stringify(other.key) === JSON.stringify(spec.key)
    if (sameName && essence(other) === essence(spec)) return
    if (sameName) {
      throw new ServerError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index: ${spec.name}`,
      )
    }
    if (sameKey && JSON.stringify(other.partial) === JSON.stringify(spec.partial) && other.name !== '_id_') {
      throw new ServerError('IndexOptionsConflict', `Index already exists with a different name: ${other.name}`)
    }
  }
  const index = makeIndex(spec)
  const seen = new Set<string>()
  for (const row of collection.rows.values()) {
    const doc = row.versions.at(-1)?.doc
    if (doc === null || doc === undefined || !index.holds(doc)) continue
    const key = indexKey(index.fields, doc)
    if (spec.unique && seen.has(key))
      throw new ServerError(
        'DuplicateKey',
        `E11000 duplicate key error collection: ${collection.namespace} index: ${spec.name}`,
      )
    seen.add(key)
  }
  collection.indexes.set(spec.name, index)
  for (const row of collection.rows.values())
    for (const version of row.versions) if (version.doc !== null) addToBuckets(collection, row, version.doc)
}

export function describeIndex(index: Index): Doc {
  const { spec } = index
  return {
    v: 2,
    key: spec.key,
    name: spec.name,
    ...(spec.unique && spec.name !== '_id_' ? { unique: true } : {}),
    ...(spec.partial === null ? {} : { partialFilterExpression: spec.partial }),
    ...(spec.expireAfterSeconds === null ? {} : { expireAfterSeconds: spec.expireAfterSeconds }),
  }
}

/** The index that a hint names, by name or by key. */
export function hintedIndex(collection: Collection | null, hint: unknown): Index | null {
  if (hint === undefined || collection === null) return null
  const wanted = isPlain(hint) ? JSON.stringify(hint) : null
  for (const index of collection.indexes.values()) {
    if (index.spec.name === hint || (wanted !== null && JSON.stringify(index.spec.key) === wanted)) return index
  }
  throw new ServerError(
    'BadValue',
    'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
  )
}
