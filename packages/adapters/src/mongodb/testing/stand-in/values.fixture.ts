import { calculateObjectSize, EJSON, ObjectId } from 'bson'
import { ServerError } from './errors.fixture.ts'
import type { Doc } from './wire.fixture.ts'

export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

export function isPlain(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !('_bsontype' in value)
  )
}

/** One string for each distinct value, so that values can be keys of a Map. */
export function keyOf(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return `s${value}`
  if (typeof value === 'number') return `n${value}`
  if (typeof value === 'boolean') return `b${value}`
  if (value instanceof Date) return `d${value.getTime()}`
  return `o${EJSON.stringify(value, { relaxed: false })}`
}

/** The value at a dotted path. Arrays are not walked into: an index over an array is refused where it is written. */
export function valueAt(doc: Doc, path: string): unknown {
  let value: unknown = doc
  for (const part of path.split('.')) {
    if (!isPlain(value)) return undefined
    value = value[part]
  }
  return value
}

function rank(value: unknown): number {
  if (value === undefined || value === null) return 1
  if (typeof value === 'number') return 2
  if (typeof value === 'string') return 3
  if (isPlain(value)) return 4
  if (Array.isArray(value)) return 5
  if (value instanceof ObjectId) return 7
  if (typeof value === 'boolean') return 8
  if (value instanceof Date) return 9
  throw new ServerError('BadValue', 'stand-in: this type of value cannot be ordered')
}

/** The server's order: first by type, then by value; strings by their UTF-8 bytes. */
export function compareValues(a: unknown, b: unknown): number {
  const byType = rank(a) - rank(b)
  if (byType !== 0) return byType
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') {
    return a === b ? 0 : Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof ObjectId && b instanceof ObjectId) return a.toHexString() < b.toHexString() ? -1 : 1
  if (a === undefined || a === null) return 0
  throw new ServerError('BadValue', 'stand-in: documents and arrays cannot be ordered')
}

/** What every stored document has to keep: names, `_id` and size. */
export function checkDocument(doc: Doc): void {
  for (const name of Object.keys(doc)) {
    // Servers from 5.0 on let an insert pass with such names, older ones and every update refuse them.
    if (name.startsWith('$') || name.includes('.')) {
      throw new ServerError('DollarPrefixedFieldName', `The field name '${name}' is not allowed here.`)
    }
    if (name.includes('\0')) throw new ServerError('FailedToParse', 'A field name must not hold a NUL.')
  }
  const id = doc['_id']
  if (id === undefined || Array.isArray(id) || id instanceof RegExp) {
    throw new ServerError(
      'InvalidIdField',
      `The '_id' value cannot be of type ${Array.isArray(id) ? 'array' : typeof id}`,
    )
  }
  if (isPlain(id) && Object.keys(id).some((name) => name.startsWith('$'))) {
    throw new ServerError('DollarPrefixedFieldName', `_id fields may not contain '$'-prefixed fields`)
  }
  const bytes = calculateObjectSize(doc)
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw new ServerError(
      'BSONObjectTooLarge',
      `BSONObj size: ${bytes} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`,
    )
  }
}
