import type { Json, StoredRecord } from '@confab/core/ports'

// No `Buffer` here: some of the stores run where there is none.
type Bytes = Uint8Array<ArrayBuffer>

const endOfString = Uint8Array.of(0, 0)
const utf8 = new TextEncoder()

/**
 * The fields of an index as bytes that compare as the values do: null, false, true, numbers by value, strings by code
 * unit. Each value is one tag and, for numbers and strings, what follows; no value is the beginning of another.
 */
export function indexKey(values: readonly Json[]): Bytes {
  return concat(values.map(valueKey))
}

/** The place of a record in an index: its fields, then its id, so that equal ones have an order. */
export function recordKey(record: StoredRecord, fields: readonly string[]): Bytes {
  const values = fields.map((field): Json => (Object.hasOwn(record, field) ? (record[field] ?? null) : null))
  return indexKey([...values, record.id])
}

/** An id as bytes that compare as the strings do. */
export function idKey(id: string): Bytes {
  return codeUnits(id)
}

/** The first key behind all that begin with `prefix`: no tag is 0xff, and no byte of an id. */
export function behindPrefix(prefix: Uint8Array): Bytes {
  return concat([prefix, Uint8Array.of(0xff)])
}

/** The first key behind this one. */
export function justBehind(key: Uint8Array): Bytes {
  return concat([key, Uint8Array.of(0)])
}

/** Keys of a range, the end not in it. */
export interface KeyRange {
  readonly from: Bytes
  readonly until: Bytes
}

/** The keys of an index that begin with the fields of `prefix`. */
export function indexRange(prefix: readonly Json[]): KeyRange {
  const from = indexKey(prefix)
  return { from, until: behindPrefix(from) }
}

/** The list by id is an index of one field, so a prefix can name one id and nothing else. */
export function idRange(prefix: readonly Json[]): KeyRange {
  const [id] = prefix
  const nothing = new Uint8Array(0)
  if (id === undefined) return { from: nothing, until: behindPrefix(nothing) }
  const from = typeof id === 'string' ? idKey(id) : nothing
  return { from, until: typeof id === 'string' && prefix.length === 1 ? justBehind(from) : from }
}

/** Bytes as text that compares as they do. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}

/** Reads what {@link toHex} wrote, as far as it is that. */
export function fromHex(hex: string): Bytes {
  const [digits = ''] = /^(?:[0-9a-f]{2})*/i.exec(hex) ?? []
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

function valueKey(value: Json): Bytes {
  if (value === null) return Uint8Array.of(1)
  switch (typeof value) {
    case 'boolean':
      return Uint8Array.of(value ? 3 : 2)
    case 'number':
      return numberKey(value)
    case 'string':
      return concat([Uint8Array.of(5), escapeZeros(codeUnits(value)), endOfString])
    default:
      throw new TypeError('An indexed field holds null, a boolean, a number or a string')
  }
}

/** The bits of a double order positive numbers already; negative ones need all bits turned, positive ones the sign. */
function numberKey(value: number): Bytes {
  const key = new Uint8Array(9)
  key[0] = 4
  // Adding 0 makes -0 the same as 0.
  new DataView(key.buffer).setFloat64(1, value + 0)
  const isNegative = value < 0
  for (let i = 1; i < 9; i++) key[i] = (key[i] ?? 0) ^ (isNegative ? 0xff : i === 1 ? 0x80 : 0)
  return key
}

/**
 * CESU-8: UTF-8 with each half of a surrogate pair on its own, whose bytes order as UTF-16 does, which plain UTF-8 does
 * not (https://www.unicode.org/reports/tr26/).
 */
function codeUnits(value: string): Bytes {
  if (!/[\ud800-\udfff]/.test(value)) return utf8.encode(value)
  const parts: Bytes[] = []
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    const isHalf = unit >= 0xd800 && unit <= 0xdfff
    parts.push(
      isHalf
        ? Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f))
        : utf8.encode(value.charAt(i)),
    )
  }
  return concat(parts)
}

/** 0 becomes 0 255, so that the end, 0 0, comes before every longer string. */
function escapeZeros(bytes: Bytes): Bytes {
  if (!bytes.includes(0)) return bytes
  const out: number[] = []
  for (const byte of bytes) out.push(byte, ...(byte === 0 ? [0xff] : []))
  return Uint8Array.from(out)
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
