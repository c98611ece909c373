import type { Json, StoredRecord } from '@confab/core/ports'

const endOfString = Buffer.from([0, 0])

/**
 * The fields of an index as bytes that compare as the values do: null, false, true, numbers by value, strings by code
 * unit. Each value is one tag and, for numbers and strings, what follows; no value is the beginning of another.
 */
export function indexKey(values: readonly Json[]): Buffer {
  return Buffer.concat(values.map(valueKey))
}

/** The place of a record in an index: its fields, then its id, so that equal ones have an order. */
export function recordKey(record: StoredRecord, fields: readonly string[]): Buffer {
  const values = fields.map((field): Json => (Object.hasOwn(record, field) ? (record[field] ?? null) : null))
  return indexKey([...values, record.id])
}

/** An id as bytes that compare as the strings do. */
export function idKey(id: string): Buffer {
  return codeUnits(id)
}

/** The first key behind all that begin with `prefix`: no tag is 0xff, and no byte of an id. */
export function behindPrefix(prefix: Uint8Array): Buffer {
  return Buffer.concat([prefix, Buffer.from([0xff])])
}

/** The first key behind this one. */
export function justBehind(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.from([0])])
}

function valueKey(value: Json): Buffer {
  if (value === null) return Buffer.from([1])
  switch (typeof value) {
    case 'boolean':
      return Buffer.from([value ? 3 : 2])
    case 'number':
      return numberKey(value)
    case 'string':
      return Buffer.concat([Buffer.from([5]), escapeZeros(codeUnits(value)), endOfString])
    default:
      throw new TypeError('An indexed field holds null, a boolean, a number or a string')
  }
}

/** The bits of a double order positive numbers already; negative ones need all bits turned, positive ones the sign. */
function numberKey(value: number): Buffer {
  const key = Buffer.alloc(9)
  key[0] = 4
  // Adding 0 makes -0 the same as 0.
  key.writeDoubleBE(value + 0, 1)
  const isNegative = value < 0
  for (let i = 1; i < 9; i++) key[i] = (key[i] ?? 0) ^ (isNegative ? 0xff : i === 1 ? 0x80 : 0)
  return key
}

/**
 * CESU-8: UTF-8 with each half of a surrogate pair on its own, whose bytes order as UTF-16 does, which plain UTF-8 does
 * not (https://www.unicode.org/reports/tr26/).
 */
function codeUnits(value: string): Buffer {
  if (!/[\ud800-\udfff]/.test(value)) return Buffer.from(value, 'utf8')
  const parts: Buffer[] = []
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    const isHalf = unit >= 0xd800 && unit <= 0xdfff
    parts.push(
      isHalf
        ? Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)])
        : Buffer.from(value.charAt(i), 'utf8'),
    )
  }
  return Buffer.concat(parts)
}

/** 0 becomes 0 255, so that the end, 0 0, comes before every longer string. */
function escapeZeros(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return bytes
  const out: number[] = []
  for (const byte of bytes) out.push(byte, ...(byte === 0 ? [0xff] : []))
  return Buffer.from(out)
}
