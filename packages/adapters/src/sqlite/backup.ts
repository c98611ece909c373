import { rename, rm } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Database } from './database.ts'
import { toStoreError } from './errors.ts'

/** More pages than a file can have: all in one step, so that writers cannot make it start over. */
const allPages = 2 ** 31 - 1

/** Copies the database while it is in use. `file` appears only once it is whole. */
export async function backUp(db: Database, file: string): Promise<void> {
  const partial = `${file}.partial`
  // A connection of its own reads one snapshot; in the log of WAL mode that stops nobody from writing.
  const location = db.handle.location()
  let source = db.handle
  try {
    if (location) source = new DatabaseSync(location, { readOnly: true })
    await rm(partial, { force: true })
    await backup(source, partial, { rate: allPages })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw toStoreError(error)
  } finally {
    if (source !== db.handle) source.close()
  }
}
