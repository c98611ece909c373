import { ServerError } from './errors.fixture.ts'
import { fixedValues, indexKey } from './match.fixture.ts'
import { keyOf } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

export interface IndexSpec {
  readonly name: string
  readonly key: Doc
  readonly unique: boolean
  readonly partial: Doc | null
  readonly expireAfterSeconds: number | null
}

export interface Index {
  readonly spec: IndexSpec
  readonly fields: readonly string[]
  /** Whether a document is in the index at all. */
  readonly holds: (doc: Doc) => boolean
  /** Ids of rows by the first 1, 2, ... fields. Rows may have moved on: whoever reads checks again. */
  readonly buckets: readonly Map<string, Set<Row>>[]
}

interface Version {
  readonly seq: number
  readonly doc: Doc | null
}

/** One document through time: the newest version last. A transaction that wrote it and still runs holds it. */
export interface Row {
  readonly collection: Collection
  readonly key: string
  readonly versions: Version[]
  holder: Txn | null
}

export interface Collection {
  readonly namespace: string
  readonly name: string
  readonly database: string
  readonly rows: Map<string, Row>
  readonly indexes: Map<string, Index>
}

export interface Txn {
  readonly session: string
  readonly number: number
  /** What it sees: everything up to this place in the log, and its own writes. */
  readonly snapshot: number
  readonly writes: Map<Row, Doc | null>
  /** Collections that it made in passing. */
  readonly made: Collection[]
  /** Resolves when it has committed or aborted. */
  readonly done: Promise<void>
  readonly finish: () => void
}

interface LogEntry {
  readonly rows: readonly Row[]
  readonly marks: readonly string[]
}

/** All documents, with the log of what was written. A member of the set is a place in that log. */
export interface Data {
  readonly collections: Map<string, Collection>
  readonly log: LogEntry[]
  /** Retryable statements and committed transactions: what came of them, by session, number and statement. */
  readonly marks: Map<string, { readonly seq: number; readonly result: Doc }>
}

export function emptyData(): Data {
  return { collections: new Map(), log: [], marks: new Map() }
}

/** The document as it was at one place in the log. */
export function docAt(row: Row, seq: number): Doc | null {
  for (let i = row.versions.length - 1; i >= 0; i--) {
    const version = row.versions[i]
    if (version !== undefined && version.seq <= seq) return version.doc
  }
  return null
}

export function seenBy(row: Row, txn: Txn | null, seq: number): Doc | null {
  const own = txn?.writes.get(row)
  return own !== undefined ? own : docAt(row, txn?.snapshot ?? seq)
}

/** Writes one entry of the log. What it wrote is in the documents at once; who may see it is decided elsewhere. */
export function append(
  data: Data,
  writes: ReadonlyMap<Row, Doc | null>,
  marks: readonly (readonly [string, Doc])[],
): number {
  const seq = data.log.length + 1
  for (const [row, doc] of writes) {
    row.versions.push({ seq, doc })
    row.holder = null
  }
  for (const [mark, result] of marks) data.marks.set(mark, { seq, result })
  data.log.push({ rows: [...writes.keys()], marks: marks.map(([mark]) => mark) })
  return seq
}

/** Takes back everything behind one place in the log, as a member does that comes back after an election. */
export function rollBack(data: Data, to: number): void {
  while (data.log.length > to) {
    const entry = data.log.pop()
    for (const row of entry?.rows ?? []) row.versions.pop()
    for (const mark of entry?.marks ?? []) data.marks.delete(mark)
  }
}

export function addToBuckets(collection: Collection, row: Row, doc: Doc): void {
  for (const index of collection.indexes.values()) {
    if (!index.holds(doc)) continue
    index.buckets.forEach((bucket, i) => {
      const key = indexKey(index.fields, doc, i + 1)
      const rows = bucket.get(key)
      if (rows === undefined) bucket.set(key, new Set([row]))
      else rows.add(row)
    })
  }
}

/** Rows that could match: by `_id`, else by the longest start of an index that the filter fixes, else all. */
export function candidates(collection: Collection, filter: Doc): Iterable<Row> {
  const fixed = fixedValues(filter)
  const ids = fixed.get('_id')
  if (ids !== undefined) {
    const rows = new Set<Row>()
    for (const id of ids) {
      const row = collection.rows.get(keyOf(id))
      if (row !== undefined) rows.add(row)
    }
    return rows
  }
  let best: { index: Index; length: number } | undefined
  for (const index of collection.indexes.values()) {
    if (index.spec.partial !== null) continue
    let length = 0
    while (length < index.fields.length && fixed.has(index.fields[length] ?? '')) length++
    if (length > (best?.length ?? 0)) best = { index, length }
  }
  if (best === undefined) return collection.rows.values()
  let keys = ['']
  for (const field of best.index.fields.slice(0, best.length)) {
    const values = fixed.get(field) ?? []
    keys = keys.flatMap((start) => values.map((value) => `${start}${keyOf(value)}\u0000`))
  }
  const rows = new Set<Row>()
  for (const key of keys) for (const row of best.index.buckets[best.length - 1]?.get(key) ?? []) rows.add(row)
  return rows
}

export function namespaceOf(database: string, name: unknown): string {
  if (typeof name !== 'string' || name === '' || name.includes('$') || name.includes('\0')) {
    throw new ServerError('InvalidNamespace', `Invalid collection name: ${String(name)}`)
  }
  return `${database}.${name}`
}
