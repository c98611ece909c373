import { addToBuckets, append, docAt, seenBy } from './data.fixture.ts'
import type { Collection, Data, Index, Row, Txn } from './data.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { indexKey } from './match.fixture.ts'
import { checkDocument, keyOf, valueAt } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

/** A write outside a transaction met one that still runs: it waits, as the server does, and tries again. */
export class Blocked extends Error {
  readonly by: Txn
  constructor(by: Txn) {
    super('blocked by a transaction')
    this.by = by
  }
}

export interface WriteScope {
  readonly data: Data
  readonly txn: Txn | null
  /** Kept with the write, so that a repeated statement finds its answer. */
  readonly marks: readonly (readonly [string, Doc])[]
}

function conflict(): ServerError {
  return new ServerError(
    'WriteConflict',
    'WriteConflict error: this operation conflicted with another operation. Please retry your operation or multi-document transaction.',
  )
}

function standAside(row: Row, txn: Txn | null): void {
  if (row.holder === null || row.holder === txn) return
  if (txn !== null) throw conflict()
  throw new Blocked(row.holder)
}

/** Before a statement writes several rows: it must not stop half way to wait. */
export function checkFree(rows: Iterable<Row>, txn: Txn | null): void {
  for (const row of rows) standAside(row, txn)
}

function checkTurn(row: Row, txn: Txn | null): void {
  standAside(row, txn)
  if (txn === null || txn.writes.has(row)) return
  const newest = row.versions.at(-1)
  if (newest !== undefined && newest.seq > txn.snapshot) throw conflict()
}

function duplicate(collection: Collection, index: Index, doc: Doc): ServerError {
  const keyValue = Object.fromEntries(index.fields.map((field) => [field, valueAt(doc, field) ?? null]))
  const shown = Object.entries(keyValue).map(([field, value]) => `${field}: ${JSON.stringify(value)}`)
  return new ServerError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index.spec.name} dup key: { ${shown.join(', ')} }`,
    { keyPattern: index.spec.key, keyValue },
  )
}

function checkUnique(collection: Collection, row: Row, doc: Doc, scope: WriteScope): void {
  for (const index of collection.indexes.values()) {
    if (!index.spec.unique || !index.holds(doc)) continue
    const key = indexKey(index.fields, doc)
    const same = (other: Doc | null | undefined): boolean =>
      other !== null && other !== undefined && index.holds(other) && indexKey(index.fields, other) === key
    for (const other of index.buckets.at(-1)?.get(key) ?? []) {
      if (other === row) continue
      const own = scope.txn?.writes.get(other)
      if (own !== undefined) {
        if (same(own)) throw duplicate(collection, index, doc)
        continue
      }
      const newest = other.versions.at(-1)
      if (other.holder !== null && (same(other.holder.writes.get(other)) || same(newest?.doc)))
        standAside(other, scope.txn)
      // Taken after our snapshot was made: the server cannot say "duplicate" of something we do not see.
      if (scope.txn !== null && newest !== undefined && newest.seq > scope.txn.snapshot) {
        if (same(newest.doc) || same(docAt(other, scope.txn.snapshot))) throw conflict()
        continue
      }
      if (same(newest?.doc)) throw duplicate(collection, index, doc)
    }
  }
}

/** Puts a document (or its absence) in place of what the row has. */
export function write(row: Row, doc: Doc | null, scope: WriteScope): void {
  checkTurn(row, scope.txn)
  if (doc !== null) {
    checkDocument(doc)
    checkUnique(row.collection, row, doc, scope)
    addToBuckets(row.collection, row, doc)
  }
  if (scope.txn === null) {
    append(scope.data, new Map([[row, doc]]), scope.marks)
  } else {
    scope.txn.writes.set(row, doc)
    row.holder = scope.txn
  }
}

export function insert(collection: Collection, doc: Doc, scope: WriteScope): void {
  checkDocument(doc)
  const key = keyOf(doc['_id'])
  const known = collection.rows.get(key)
  const row: Row = known ?? { collection, key, versions: [], holder: null }
  const present = seenBy(row, scope.txn, Number.MAX_SAFE_INTEGER)
  if (known !== undefined) checkTurn(known, scope.txn)
  const idIndex = collection.indexes.get('_id_')
  if (present !== null && idIndex !== undefined) throw duplicate(collection, idIndex, doc)
  write(row, doc, scope)
  collection.rows.set(key, row)
}

export function abortWrites(txn: Txn): void {
  for (const row of txn.writes.keys()) {
    row.holder = null
    if (row.versions.length === 0) row.collection.rows.delete(row.key)
  }
  txn.writes.clear()
  txn.finish()
}

export function commitWrites(data: Data, txn: Txn, mark: string): number {
  const seq = append(data, txn.writes, [[mark, { ok: 1 }]])
  txn.finish()
  return seq
}
