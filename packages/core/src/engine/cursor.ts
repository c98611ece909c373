import type { Cursor, Sort } from '../ports/index.ts'
import { fromBase64Url, toBase64Url } from './ids.ts'

const format = 1

/** A cursor for clients: opaque to them, bound to the sort it was made for. */
export function encodeCursor(sort: Sort, cursor: Cursor): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([format, sort, cursor.rank, cursor.id])))
}

/** `null` when the text was not made by {@link encodeCursor} for this sort. */
export function decodeCursor(sort: Sort, text: string): Cursor | null {
  const bytes = fromBase64Url(text)
  if (!bytes) return null
  try {
    const parts: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (!Array.isArray(parts) || parts.length !== 4) return null
    const [version, madeFor, rank, id] = parts as unknown[]
    if (version !== format || madeFor !== sort || typeof rank !== 'number') return null
    return typeof id === 'string' && /^[0-9a-v]{16}$/.test(id) ? { rank, id } : null
  } catch {
    return null
  }
}
