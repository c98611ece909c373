import type { StoreErrorCode } from '@confab/core/ports'
import { ServerError, errorCode, errorMessage } from '../errors.ts'
import type { DataFolder } from './folder.ts'

/** Result codes of SQLite by the name the store gives them: https://sqlite.org/rescode.html */
const storeCodes = new Map<number, StoreErrorCode>([
  [5, 'store_busy'],
  [6, 'store_busy'],
  [8, 'store_readonly'],
  [10, 'store_failed'],
  [11, 'store_corrupt'],
  [13, 'store_full'],
  [14, 'store_missing'],
  [26, 'store_corrupt'],
])

/** The store's code for an error of the store or of `node:sqlite` itself; `null` for any other error. */
function storeCodeOf(error: unknown): string | null {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') {
    return storeCodes.get(error.errcode & 0xff) ?? null
  }
  const code = errorCode(error)
  return code.startsWith('store_') ? code : null
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return storeCodeOf(error) === 'store_busy'
}

/** What an error of the database means for the operator. Anything unknown comes back as it is. */
export function explainSqlite(folder: DataFolder, error: unknown): unknown {
  const options = { cause: error }
  switch (storeCodeOf(error)) {
    case 'store_busy':
      return new ServerError(
        'data_locked',
        `Another process holds the database in ${folder.path}: try again in a moment, or stop that process.`,
        options,
      )
    case 'store_readonly':
    case 'store_missing':
      return new ServerError(
        'data_unusable',
        `The data folder ${folder.path} cannot be written: give this user the right to write there, or name another folder with --data.`,
        options,
      )
    case 'store_corrupt':
      return new ServerError(
        'database_corrupt',
        `The database ${folder.database} is damaged: keep it, and put your last backup in its place.`,
        options,
      )
    case 'store_newer':
      return new ServerError(
        'database_newer',
        `The database ${folder.database} was written by a newer version of Confab: update this one.`,
        options,
      )
    case 'store_foreign':
      return new ServerError(
        'data_unusable',
        `The database ${folder.database} belongs to another program: name another folder with --data.`,
        options,
      )
    case 'store_full':
      return new ServerError(
        'disk_full',
        `The disk of the data folder ${folder.path} is full: free some space and try again.`,
        options,
      )
    case 'store_failed': {
      const reason = errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error)
      return new ServerError('data_unusable', `The database ${folder.database} failed: ${reason}.`, options)
    }
    default:
      return error
  }
}
