import type { Database } from './database.ts'
import { firstSchema } from '../sql/schema.ts'
import { StoreError } from '../store/errors.ts'

/** Marks a file as ours: `Conf`. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x436f6e66

/** Each brings a file from the version of its place to the next. Only ever appended to. */
export const migrations: readonly string[] = [firstSchema.join(';\n')]

/** Settings of a connection. They are not kept in the file. */
export function configure(db: Database): void {
  // FULL syncs the log before a commit ends: what was acknowledged survives a power cut.
  db.handle.exec('PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY')
}

/**
 * Brings the file to the newest version, all steps or none. Several processes may do so at once.
 * @throws StoreError `store_newer`, `store_foreign`
 */
export function bringForward(db: Database, steps: readonly string[] = migrations): void {
  const { handle } = db
  if (versionOf(db, steps) === steps.length && journalMode(db) !== 'delete') return
  // Readers go on while somebody writes. Cannot be set inside a transaction; stays in the file.
  handle.exec('PRAGMA journal_mode = WAL')
  handle.exec('BEGIN IMMEDIATE')
  try {
    // Asked again under the lock: another process may have been faster.
    for (const step of steps.slice(versionOf(db, steps))) handle.exec(step)
    handle.exec(`PRAGMA user_version = ${steps.length}; PRAGMA application_id = ${applicationId}`)
    handle.exec('COMMIT')
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK')
    throw error
  }
}

function versionOf(db: Database, steps: readonly string[]): number {
  const version = pragma(db, 'user_version')
  const isEmpty = db.handle.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isEmpty && pragma(db, 'application_id') !== applicationId) {
    throw new StoreError('store_foreign', 'The file holds the tables of another program: give Confab a file of its own')
  }
  if (version > steps.length) {
    throw new StoreError(
      'store_newer',
      `The database was written by a newer version of Confab (its version is ${version}, this one knows ${steps.length}): update Confab`,
    )
  }
  return version
}

function journalMode(db: Database): unknown {
  return db.handle.prepare('PRAGMA journal_mode').get()?.['journal_mode']
}

function pragma(db: Database, name: 'user_version' | 'application_id'): number {
  return Number(db.handle.prepare(`PRAGMA ${name}`).get()?.[name])
}
