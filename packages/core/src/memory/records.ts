import type { Json, RecordOp, RecordResult, Records, RecordSpec, StoredRecord } from '../ports/index.ts'
import type { MemoryState } from './state.ts'
import { pairKey } from './state.ts'

type Documents = Map<string, StoredRecord>

/** A place in an index: the indexed values, then the id. */
type Place = readonly Json[]

/** The records of one collection. Values go through JSON on their way in and out, as they do in every other store. */
export function memoryRecords(state: MemoryState, spec: RecordSpec): Records {
  const fieldsOf = (index: string | null): readonly string[] => {
    if (index === null) return []
    const fields = Object.hasOwn(spec.indexes, index) ? spec.indexes[index] : undefined
    if (!fields) throw new TypeError(`The collection \`${spec.name}\` declares no index of that name`)
    return fields
  }
  const documents = (part: string): Documents => state.records.get(pairKey(spec.name, part)) ?? new Map()

  return {
    async get(part, id) {
      const record = documents(part).get(id)
      return record ? copy(record) : null
    },

    async list(part, index, { prefix = [], after, limit, desc = false }) {
      const fields = fieldsOf(index)
      const from = after === undefined ? null : parsePlace(after)
      const found = [...documents(part).values()]
        .map((record) => ({ record, place: placeOf(record, fields) }))
        .filter(({ place }) => prefix.every((value, i) => compareValues(place[i] ?? null, value) === 0))
        .sort((a, b) => comparePlaces(a.place, b.place))
      if (desc) found.reverse()
      const behind = found.filter(({ place }) => {
        if (from === null) return true
        const order = comparePlaces(place, from)
        return desc ? order < 0 : order > 0
      })
      const page = behind.slice(0, limit)
      const last = page.at(-1)
      return {
        rows: page.map(({ record }) => copy(record)),
        next: last && behind.length > limit ? JSON.stringify(last.place) : null,
      }
    },

    async write(part, ops) {
      const draft = new Map(documents(part))
      const results = ops.map((op) => applyRecordOp(draft, op))
      for (const record of draft.values()) {
        for (const fields of Object.values(spec.indexes)) placeOf(record, fields)
      }
      if (results.every((result) => result === 'ok')) state.records.set(pairKey(spec.name, part), draft)
      return results
    },
  }
}

function applyRecordOp(documents: Documents, op: RecordOp): RecordResult {
  if ('put' in op) {
    const present = documents.get(op.put.id)
    if (op.ifRev === 'absent' && present) return 'conflict'
    if (typeof op.ifRev === 'number' && present?.rev !== op.ifRev) return 'conflict'
    documents.set(op.put.id, withFields(copy(op.put), [['rev', (present?.rev ?? 0) + 1]]))
    return 'ok'
  }
  if ('inc' in op) {
    const { id, by, guard } = op.inc
    const present = documents.get(id)
    if (!present) return 'missing'
    const sums = Object.entries(by).map(([field, step]) => [field, numberIn(present, field) + step] as const)
    const changed = withFields(copy(present), sums)
    if (guard) {
      const value = numberIn(changed, guard.field)
      if (value < (guard.min ?? -Infinity) || value > (guard.max ?? Infinity)) return 'guard'
    }
    documents.set(id, withFields(changed, [['rev', present.rev + 1]]))
    return 'ok'
  }
  const present = documents.get(op.del)
  if (!present) return 'missing'
  if (op.ifRev !== undefined && present.rev !== op.ifRev) return 'conflict'
  documents.delete(op.del)
  return 'ok'
}

function numberIn(record: StoredRecord, field: string): number {
  const value = Object.hasOwn(record, field) ? record[field] : 0
  if (field === 'id' || field === 'rev' || typeof value !== 'number') {
    throw new TypeError('`inc` needs a field that holds a number')
  }
  return value
}

/** Sets own fields even where the name is `__proto__`, which plain assignment would lose. */
function withFields(
  record: { id: string; [field: string]: Json },
  fields: readonly (readonly [field: string, value: number])[],
): StoredRecord {
  const entries = new Map<string, Json>(Object.entries(record))
  for (const [field, value] of fields) entries.set(field, value)
  return { ...Object.fromEntries(entries), id: record.id, rev: Number(entries.get('rev')) }
}

function placeOf(record: StoredRecord, fields: readonly string[]): Place {
  const values = fields.map((field): Json => (Object.hasOwn(record, field) ? (record[field] ?? null) : null))
  if (values.some((value) => typeof value === 'object' && value !== null)) {
    throw new TypeError('An indexed field holds null, a boolean, a number or a string')
  }
  return [...values, record.id]
}

function comparePlaces(a: Place, b: Place): number {
  for (const [i, value] of a.entries()) {
    const order = compareValues(value, b[i] ?? null)
    if (order !== 0) return order
  }
  return 0
}

/** null, false, true, numbers by value, strings by code unit. */
function compareValues(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return rankOf(a) - rankOf(b)
}

function rankOf(value: Json): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return value ? 2 : 1
  return typeof value === 'number' ? 3 : 4
}

function parsePlace(after: string): Place {
  const place: unknown = JSON.parse(after)
  if (!Array.isArray(place)) throw new TypeError('`after` is not a `next` of an earlier answer')
  return place
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
