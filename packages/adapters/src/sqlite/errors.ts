import type { StoreErrorCode } from '@confab/core/ports'
import { closedError, StoreError } from '../store/errors.ts'

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const known = new Map<number, readonly [code: StoreErrorCode, message: string]>([
  [5, ['store_busy', 'Another process holds the database: wait until it is done, or stop it']],
  [6, ['store_busy', 'Another connection holds a table of the database: wait until it is done']],
  [8, ['store_readonly', 'The database cannot be written: check the rights of the file and its folder']],
  [10, ['store_failed', 'The disk failed while the database was read or written: check the disk']],
  [11, ['store_corrupt', 'The database file is damaged: restore a backup']],
  [13, ['store_full', 'There is no room for the database to grow: free some disk space']],
  [14, ['store_missing', 'The database file cannot be opened: check that its folder exists and may be written']],
  [26, ['store_corrupt', 'The file is not a database: choose another file, or restore a backup']],
])

/** `null` for what does not come from SQLite. */
export function sqliteCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  // The upper bits say more about the same.
  return error.errcode & 0xff
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCodeOf(error)
  return code === 5 || code === 6
}

/** Turns the driver's errors into a {@link StoreError}; a mistake in a call stays what it is. */
export function toStoreError(error: unknown): unknown {
  const code = sqliteCodeOf(error)
  if (code === null) return isClosedHandle(error) ? closedError() : error
  if (error instanceof Error && error.message.startsWith('no such table')) {
    return new StoreError('store_failed', 'The database has no tables yet: call `migrate` first', error)
  }
  const [name, message] = known.get(code) ?? ['store_failed', 'The database failed in an unexpected way: see the cause']
  return new StoreError(name, message, error)
}

/** A database that was brought along may be closed by its owner. */
function isClosedHandle(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE'
}
