import type { Records, RecordSpec, StoredRecord } from '@confab/core/ports'
import { text } from '../sql/rows.ts'
import { fromHex, idKey, idRange, indexRange, justBehind, recordKey, toHex } from '../store/record-key.ts'
import { applyRecordOp, recordIdOf } from '../store/record-ops.ts'
import type { Database } from './database.ts'
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
  return `SELECT doc, id FROM record WHERE coll = ? AND part = ? AND id >= ? AND id < ? ORDER BY id ${direction} LIMIT ? + 0`
}

function listByIndex(direction: Direction): string {
  return `SELECT r.doc, x.k FROM record_index x CROSS JOIN record r ON r.coll = x.coll AND r.part = x.part AND r.id = x.id
    WHERE x.coll = ? AND x.part = ? AND x.ix = ? AND x.k >= ? AND x.k < ? ORDER BY x.k ${direction} LIMIT ? + 0`
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
      const range = index === null ? idRange(prefix) : indexRange(prefix)
      const place = after === undefined ? null : fromHex(after)
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
        next: found.length > limit && last instanceof Uint8Array ? toHex(last) : null,
      }
    },

    async write(part, ops) {
      await whenReady()
      return writer.write(() => {
        const before = new Map<string, StoredRecord | null>()
        const after = new Map<string, StoredRecord | null>()
        const results = ops.map((op) => {
          const id = recordIdOf(op)
          if (!before.has(id)) before.set(id, find(part, id))
          const present = after.has(id) ? after.get(id) : before.get(id)
          const changed = applyRecordOp(present ?? null, op)
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

function parse(value: unknown): StoredRecord {
  return JSON.parse(String(value)) as StoredRecord
}
