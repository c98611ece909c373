import type { Json, RecordOp, RecordResult, Records, RecordSpec, StoredRecord } from '@confab/core/ports'
import type { Database } from './database.ts'
import { behindPrefix, idKey, indexKey, justBehind, recordKey } from './record-key.ts'
import { text } from './rows.ts'
import type { Writer } from './writer.ts'

type Direction = 'ASC' | 'DESC'

export const sql = {
  get: 'SELECT doc FROM record WHERE coll = ? AND part = ? AND id = ?',
  listById: {
    ASC: listById('ASC'),
    DESC: listById('DESC'),
  },
  listByIndex: {
    ASC: listByIndex('ASC'),
    DESC: listByIndex('DESC'),
  },
  put: `INSERT INTO record (coll, part, id, rev, doc) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (coll, part, id) DO UPDATE SET rev = excluded.rev, doc = excluded.doc`,
  remove: 'DELETE FROM record WHERE coll = ? AND part = ? AND id = ?',
  addKey: 'INSERT INTO record_index (coll, part, ix, k, id) VALUES (?, ?, ?, ?, ?)',
  removeKey: 'DELETE FROM record_index WHERE coll = ? AND part = ? AND ix = ? AND k = ?',
  spec: 'SELECT indexes FROM record_spec WHERE coll = ?',
  setSpec:
    'INSERT INTO record_spec (coll, indexes) VALUES (?, ?) ON CONFLICT (coll) DO UPDATE SET indexes = excluded.indexes',
  removeIndexes: 'DELETE FROM record_index WHERE coll = ?',
  all: 'SELECT part, doc FROM record WHERE coll = ?',
}

function listById(direction: Direction): string {
  return `SELECT doc, id FROM record WHERE coll = ? AND part = ? AND id >= ? AND id < ? ORDER BY id ${direction} LIMIT ?`
}

function listByIndex(direction: Direction): string {
  return `SELECT r.doc, x.k FROM record_index x CROSS JOIN record r ON r.coll = x.coll AND r.part = x.part AND r.id = x.id
    WHERE x.coll = ? AND x.part = ? AND x.ix = ? AND x.k >= ? AND x.k < ? ORDER BY x.k ${direction} LIMIT ?`
}

/** The records of one collection: a document each, and a row for each of its places in an index. */
export function recordStore(db: Database, writer: Writer, spec: RecordSpec): Records {
  const indexes = Object.entries(spec.indexes)
  const declared = JSON.stringify(indexes.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  let isReady: Promise<void> | null = null

  /** A collection whose indexes were declared otherwise when its rows were written gets them anew. */
  async function ready(): Promise<void> {
    const isUpToDate = () => db.get(sql.spec, spec.name)?.[0] === declared
    if (await db.attempt(isUpToDate)) return
    await writer.write(() => {
      if (isUpToDate()) return
      db.run(sql.removeIndexes, spec.name)
      for (const row of db.all(sql.all, spec.name)) addKeys(text(row[0]), parse(row[1]))
      db.run(sql.setSpec, spec.name, declared)
    })
  }

  async function whenReady(): Promise<void> {
    isReady ??= ready()
    try {
      await isReady
    } catch (error) {
      isReady = null
      throw error
    }
  }

  function addKeys(part: string, record: StoredRecord): void {
    for (const [index, fields] of indexes) {
      db.run(sql.addKey, spec.name, part, index, recordKey(record, fields), idKey(record.id))
    }
  }

  function removeKeys(part: string, record: StoredRecord): void {
    for (const [index, fields] of indexes) db.run(sql.removeKey, spec.name, part, index, recordKey(record, fields))
  }

  function find(part: string, id: string): StoredRecord | null {
    const row = db.get(sql.get, spec.name, part, idKey(id))
    return row ? parse(row[0]) : null
  }

  function store(part: string, id: string, before: StoredRecord | null, after: StoredRecord | null): void {
    if (before) removeKeys(part, before)
    if (after) {
      addKeys(part, after)
      db.run(sql.put, spec.name, part, idKey(id), after.rev, JSON.stringify(after))
    } else if (before) {
      db.run(sql.remove, spec.name, part, idKey(id))
    }
  }

  return {
    get: (part, id) => db.attempt(() => find(part, id)),

    async list(part, index, { prefix = [], after, limit, desc = false }) {
      if (index !== null && !Object.hasOwn(spec.indexes, index)) {
        throw new TypeError(`The collection \`${spec.name}\` declares no index of that name`)
      }
      await whenReady()
      const direction: Direction = desc ? 'DESC' : 'ASC'
      const range = index === null ? idRange(prefix) : { from: indexKey(prefix), until: behindPrefix(indexKey(prefix)) }
      const place = after === undefined ? null : Buffer.from(after, 'hex')
      const from = place && !desc ? justBehind(place) : range.from
      const until = place && desc ? place : range.until
      const found = await db.attempt(() =>
        index === null
          ? db.all(sql.listById[direction], spec.name, part, from, until, limit + 1)
          : db.all(sql.listByIndex[direction], spec.name, part, index, from, until, limit + 1),
      )
      const page = found.slice(0, limit)
      const last = page.at(-1)?.[1]
      return {
        rows: page.map((row) => parse(row[0])),
        next: found.length > limit && last instanceof Uint8Array ? Buffer.from(last).toString('hex') : null,
      }
    },

    async write(part, ops) {
      await whenReady()
      return writer.write(() => {
        const before = new Map<string, StoredRecord | null>()
        const after = new Map<string, StoredRecord | null>()
        const results = ops.map((op) => {
          const id = idOf(op)
          if (!before.has(id)) before.set(id, find(part, id))
          const present = after.has(id) ? after.get(id) : before.get(id)
          const changed = applyOp(present ?? null, op)
          if (typeof changed === 'string') return changed
          after.set(id, changed.record)
          return 'ok'
        })
        if (results.every((result) => result === 'ok')) {
          for (const [id, record] of after) store(part, id, before.get(id) ?? null, record)
        }
        return results
      })
    },
  }
}

function idOf(op: RecordOp): string {
  if ('put' in op) return op.put.id
  return 'inc' in op ? op.inc.id : op.del
}

/** What becomes of a record; `null` in place of it when it goes. */
function applyOp(
  present: StoredRecord | null,
  op: RecordOp,
): { readonly record: StoredRecord | null } | Exclude<RecordResult, 'ok'> {
  if ('put' in op) {
    if (op.ifRev === 'absent' ? present : op.ifRev !== undefined && present?.rev !== op.ifRev) return 'conflict'
    return { record: withNumbers(copy(op.put), [['rev', (present?.rev ?? 0) + 1]]) }
  }
  if (!present) return 'missing'
  if ('del' in op) {
    return op.ifRev !== undefined && present.rev !== op.ifRev ? 'conflict' : { record: null }
  }
  const { by, guard } = op.inc
  const sums = Object.entries(by).map(([field, step]) => [field, numberIn(present, field) + step] as const)
  const record = withNumbers(present, [...sums, ['rev', present.rev + 1]])
  if (guard) {
    const value = numberIn(record, guard.field)
    if (value < (guard.min ?? -Infinity) || value > (guard.max ?? Infinity)) return 'guard'
  }
  return { record }
}

function numberIn(record: StoredRecord, field: string): number {
  const value = Object.hasOwn(record, field) ? record[field] : 0
  if (field === 'id' || field === 'rev' || typeof value !== 'number') {
    throw new TypeError('`inc` needs a field that holds a number')
  }
  return value
}

/** Sets own fields even where the name is `__proto__`, which plain assignment would lose. */
function withNumbers(
  record: { readonly id: string; readonly [field: string]: Json },
  fields: readonly (readonly [field: string, value: number])[],
): StoredRecord {
  const entries = new Map<string, Json>(Object.entries(record))
  for (const [field, value] of fields) entries.set(field, value)
  return { ...Object.fromEntries(entries), id: record.id, rev: Number(entries.get('rev')) }
}

/** The list by id is an index of one field, so a prefix can name one id and nothing else. */
function idRange(prefix: readonly Json[]): { readonly from: Buffer; readonly until: Buffer } {
  const [id] = prefix
  if (id === undefined) return { from: Buffer.alloc(0), until: behindPrefix(Buffer.alloc(0)) }
  const from = typeof id === 'string' ? idKey(id) : Buffer.alloc(0)
  return { from, until: typeof id === 'string' && prefix.length === 1 ? justBehind(from) : from }
}

function parse(value: unknown): StoredRecord {
  return JSON.parse(String(value)) as StoredRecord
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
