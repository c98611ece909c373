import type { Statement } from './database.ts'

type Field = string | number | null

/** D1 holds 2 MB in one value, and a unit of UTF-16 takes up to 3 bytes. */
const maxLength = 600_000

/**
 * Statements that write many rows: D1 takes at most 100 values in a statement and counts statements, so rows go as one
 * text of JSON each time, in as few as they fit in.
 *
 * @param sql reads its last value by `json_each`; the fields of a row are `value ->> 0` and so on
 */
export function writeRows(
  sql: string,
  values: readonly Field[],
  rows: readonly (readonly Field[])[],
): readonly Statement[] {
  const statements: Statement[] = []
  let gathered: string[] = []
  let length = 0
  const flush = (): void => {
    if (gathered.length > 0) statements.push([sql, ...values, `[${gathered.join(',')}]`])
    gathered = []
    length = 0
  }
  for (const row of rows) {
    const json = JSON.stringify(row)
    if (length + json.length > maxLength) flush()
    gathered.push(json)
    length += json.length + 1
  }
  flush()
  return statements
}

/** A list of ids as the one value that `json_each` reads. */
export function idList(ids: Iterable<string>): string {
  return JSON.stringify([...new Set(ids)])
}
