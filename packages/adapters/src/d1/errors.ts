import type { StoreErrorCode } from '@confab/core/ports'
import { StoreError } from '../store/errors.ts'

/** D1 tells errors apart by their text only: https://developers.cloudflare.com/d1/observability/debug-d1/#error-list */
const known: readonly (readonly [text: RegExp, code: StoreErrorCode, message: string])[] = [
  [/no such table/, 'store_failed', 'The database has no tables yet: call `migrate` first'],
  [/overloaded|too many requests queued|SQLITE_BUSY/i, 'store_busy', 'D1 has more to do than it can: try again later'],
  [/maximum DB size|SQLITE_FULL/i, 'store_full', 'The database is as large as D1 allows: remove data, or split sites'],
  [/SQLITE_TOOBIG/, 'store_failed', 'A text is longer than D1 can hold: a row may have 2 MB'],
  [/SQLITE_CORRUPT|SQLITE_NOTADB/, 'store_corrupt', 'The database is damaged: go back in time with D1 Time Travel'],
  [
    /connection lost|object to be reset|code was updated|transient issue|client disconnected|internal error|timed out|exceeded timeout/i,
    'store_unavailable',
    'D1 did not answer: what was asked may or may not have happened, so ask again',
  ],
]

/** What D1 threw, as an error of the store with that as its cause. */
export function toStoreError(error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error)
  const [, code = 'store_failed', message = 'The database failed in an unexpected way: see the cause'] =
    known.find(([pattern]) => pattern.test(text)) ?? []
  return new StoreError(code, message, error)
}

/** The column of the constraint that a batch broke, such as `guard.held`, or the first of them; else `null`. */
export function brokenConstraint(error: unknown): string | null {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return null
  return /constraint failed: (\w+\.\w+)/.exec(error.cause.message)?.[1] ?? null
}

export function isMissingTable(error: unknown, table: string): boolean {
  return error instanceof StoreError && error.cause instanceof Error && missingTable(error.cause.message) === table
}

function missingTable(message: string): string | undefined {
  return /no such table: (\w+)/.exec(message)?.[1]
}
