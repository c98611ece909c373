import { DatabaseSync } from 'node:sqlite'
import { chmodSync } from 'node:fs'
import type { DataFolder } from './folder.ts'
import { explainSqlite, isBusy } from './sqlite-errors.ts'

/** Something that only one process at a time may do. */
export interface Lock {
  release(): void
}

/**
 * Takes the lock kept in `file`, or answers `null` when another process (or another caller in this one) holds it.
 *
 * It is an exclusive transaction of an empty SQLite database: the system's own advisory lock, which it takes back
 * when the process dies in whatever way. A file with a process id would outlive a `kill -9`.
 */
export function takeLock(folder: DataFolder, file: string): Lock | null {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    chmodSync(file, 0o600)
    const held = database
    return { release: () => held.close() }
  } catch (error) {
    database?.close()
    if (isBusy(error)) return null
    throw explainSqlite(folder, error)
  }
}
