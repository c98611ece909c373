import type { Ms, RecordOp, RecordResult, Records, RecordSpec, StoredRecord } from '@confab/core/ports'
import { text } from '../sql/rows.ts'
import type { Row } from '../sql/rows.ts'
import { fromHex, idKey, idRange, indexRange, justBehind, recordKey, toHex } from '../store/record-key.ts'
import { applyRecordOp, recordIdOf } from '../store/record-ops.ts'
import type { Database, Statement } from './database.ts'
import { untilFirst } from './guard.ts'
import { idList, writeRows } from './json-rows.ts'

type Direction = 'ASC' | 'DESC'

/** So many records get new places in an index at once. */
const rebuildAtOnce = 200

/** D1 takes bytes in, but hands them out as a list of numbers: they go as hex both ways. */
export const sql = {
  get: `SELECT doc FROM json_each(?3) CROSS JOIN record ON coll = ?1 AND part = ?2 AND record.id = unhex(value)`,
  listById: { ASC: listById('ASC'), DESC: listById('DESC') },
  listByIndex: { ASC: listByIndex('ASC'), DESC: listByIndex('DESC') },
  // The whole document is compared: one that was removed and made anew has the same revision as before.
  guard: `INSERT INTO guard (held) SELECT NULL FROM json_each(?2)
    LEFT JOIN record ON coll = ?1 AND part = value ->> 0 AND record.id = unhex(value ->> 1)
    WHERE doc IS NOT value ->> 2`,
  put: `INSERT INTO record (coll, part, id, rev, doc)
    SELECT ?, ?, unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?) WHERE true
    ON CONFLICT (coll, part, id) DO UPDATE SET rev = excluded.rev, doc = excluded.doc`,
  remove: `DELETE FROM record WHERE coll = ? AND part = ? AND id IN (SELECT unhex(value ->> 0) FROM json_each(?))`,
  addKeys: `INSERT OR IGNORE INTO record_index (coll, part, ix, k, id)
    SELECT ?, value ->> 0, value ->> 1, unhex(value ->> 2), unhex(value ->> 3) FROM json_each(?)`,
  removeKeys: `DELETE FROM record_index WHERE (coll, part, ix, k) IN
    (SELECT ?, value ->> 0, value ->> 1, unhex(value ->> 2) FROM json_each(?))`,
  spec: 'SELECT indexes FROM record_spec WHERE coll = ?',
  setSpec:
    'INSERT INTO record_spec (coll, indexes) VALUES (?, ?) ON CONFLICT (coll) DO UPDATE SET indexes = excluded.indexes',
  removeIndexes: 'DELETE FROM record_index WHERE coll = ? AND ix NOT IN (SELECT value FROM json_each(?))',
  next: `SELECT part, hex(id) AS id, doc FROM record WHERE coll = ? AND (part, record.id) > (?, unhex(?))
    ORDER BY part, record.id LIMIT ?`,
}

function listById(direction: Direction): string {
  return `SELECT doc, hex(id) AS k FROM record
    WHERE coll = ? AND part = ? AND id >= unhex(?) AND id < unhex(?) ORDER BY record.id ${direction} LIMIT ?`
}

function listByIndex(direction: Direction): string {
  return `SELECT r.doc, hex(x.k) AS k
    FROM record_index x CROSS JOIN record r ON r.coll = x.coll AND r.part = x.part AND r.id = x.id
    WHERE x.coll = ? AND x.part = ? AND x.ix = ? AND x.k >= unhex(?) AND x.k < unhex(?) ORDER BY x.k ${direction} LIMIT ?`
}

/** The records of one collection: a document each, and a row for each of its places in an index. */
export function recordStore(db: Database, limitMs: Ms, spec: RecordSpec): Records {
  // The fields belong to the name: an index that is declared otherwise is another one, and nobody has to take away the
  // places of the old one before the new ones can be written.
  const indexes = Object.entries(spec.indexes).map(([name, of]) => ({ name, of, ix: JSON.stringify([name, ...of]) }))
  const declared = JSON.stringify(indexes.map(({ ix }) => ix).sort())
  // Not a promise: on Workers one dies with the request that made it.
  let isReady = false

  async function whenReady(): Promise<void> {
    if (isReady) return
    const [row] = await db.all(sql.spec, spec.name)
    if (row?.[0] !== declared) await bringForward()
    isReady = true
  }

  /** Gives every record its places in the indexes as they are declared now. Several Workers may do so at once. */
  async function bringForward(): Promise<void> {
    let place: readonly [part: string, id: string] | null = ['', '']
    while (place) {
      const [part, id]: readonly [string, string] = place
      place = await untilFirst(limitMs, async () => {
        const found = await db.all(sql.next, spec.name, part, id, rebuildAtOnce)
        const records = found.map((row) => ({ part: text(row[0]), record: parse(row[2]) }))
        const keys = records.flatMap((one) => keysOf(one.part, one.record))
        if (keys.length > 0) {
          const guards = found.map((row) => [text(row[0]), text(row[1]), text(row[2])])
          await db.batch([...writeRows(sql.guard, [spec.name], guards), ...writeRows(sql.addKeys, [spec.name], keys)])
        }
        const last = found.at(-1)
        return last && found.length === rebuildAtOnce ? [text(last[0]), text(last[1])] : null
      })
    }
    await db.batch([
      [sql.setSpec, spec.name, declared],
      [sql.removeIndexes, spec.name, declared],
    ])
  }

  function keysOf(part: string, record: StoredRecord): string[][] {
    return indexes.map(({ ix, of }) => [part, ix, toHex(recordKey(record, of)), toHex(idKey(record.id))])
  }

  async function find(part: string, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const rows = await db.all(sql.get, spec.name, part, idList(ids.map((id) => toHex(idKey(id)))))
    return new Map(rows.map(([doc]) => parse(doc)).map((record) => [record.id, record]))
  }

  function writesOf(
    part: string,
    before: ReadonlyMap<string, StoredRecord>,
    after: ReadonlyMap<string, StoredRecord | null>,
  ): readonly Statement[] {
    const { name } = spec
    const changes = [...after].map(([id, record]) => ({ id: toHex(idKey(id)), was: before.get(id) ?? null, record }))
    const guards = changes.map(({ id, was }) => [part, id, was && JSON.stringify(was)])
    const removedKeys = changes.flatMap(({ was }) => (was ? keysOf(part, was) : []))
    const addedKeys = changes.flatMap(({ record }) => (record ? keysOf(part, record) : []))
    const removed = changes.flatMap(({ id, was, record }) => (was && !record ? [[id]] : []))
    const put = changes.flatMap(({ id, record }) => (record ? [[id, record.rev, JSON.stringify(record)]] : []))
    return [
      ...writeRows(sql.guard, [name], guards),
      ...writeRows(sql.removeKeys, [name], removedKeys),
      ...writeRows(sql.remove, [name, part], removed),
      ...writeRows(sql.put, [name, part], put),
      ...writeRows(sql.addKeys, [name], addedKeys),
    ]
  }

  async function writeOps(part: string, ops: readonly RecordOp[]): Promise<RecordResult[]> {
    const before = await find(part, ops.map(recordIdOf))
    const after = new Map<string, StoredRecord | null>()
    const results = ops.map((op): RecordResult => {
      const id = recordIdOf(op)
      const present = after.has(id) ? after.get(id) : before.get(id)
      const changed = applyRecordOp(present ?? null, op)
      if (typeof changed === 'string') return changed
      after.set(id, changed.record)
      return 'ok'
    })
    if (after.size > 0 && results.every((result) => result === 'ok')) await db.batch(writesOf(part, before, after))
    return results
  }

  return {
    async get(part, id) {
      return (await find(part, [id])).get(id) ?? null
    },

    async list(part, name, { prefix = [], after, limit, desc = false }) {
      const index = indexes.find((one) => one.name === name)
      if (name !== null && !index) {
        throw new TypeError(`The collection \`${spec.name}\` declares no index of that name`)
      }
      await whenReady()
      const direction: Direction = desc ? 'DESC' : 'ASC'
      const range = index ? indexRange(prefix) : idRange(prefix)
      const place = after === undefined ? null : fromHex(after)
      const from = toHex(place && !desc ? justBehind(place) : range.from)
      const until = toHex(place && desc ? place : range.until)
      const found = index
        ? await db.all(sql.listByIndex[direction], spec.name, part, index.ix, from, until, limit + 1)
        : await db.all(sql.listById[direction], spec.name, part, from, until, limit + 1)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return {
        rows: page.map(([doc]) => parse(doc)),
        next: found.length > limit && last ? text(last[1]) : null,
      }
    },

    async write(part, ops) {
      await whenReady()
      return untilFirst(limitMs, () => writeOps(part, ops))
    },
  }
}

function parse(doc: Row[number] | undefined): StoredRecord {
  return JSON.parse(text(doc)) as StoredRecord
}
