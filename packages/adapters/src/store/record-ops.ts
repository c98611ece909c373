import type { Json, RecordOp, RecordResult, StoredRecord } from '@confab/core/ports'

/** The record that an op is about. */
export function recordIdOf(op: RecordOp): string {
  if ('put' in op) return op.put.id
  return 'inc' in op ? op.inc.id : op.del
}

/** What becomes of a record; `null` in place of it when it goes. */
export function applyRecordOp(
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

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
