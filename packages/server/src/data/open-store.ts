import { closeSync, openSync } from 'node:fs'
import { sqlite } from '@confab/adapters/sqlite'
import { explainFolder } from './folder.ts'
import type { DataFolder } from './folder.ts'
import { explainSqlite } from './sqlite-errors.ts'

/** The store of the embedded default: one SQLite file. */
export type FolderStore = ReturnType<typeof sqlite>

/** Opens the database of the folder and brings it forward. Several processes may have it open. */
export async function openStore(folder: DataFolder): Promise<FolderStore> {
  try {
    // Made here, because SQLite would let others read it, and gives the files beside it the same rights.
    closeSync(openSync(folder.database, 'a', 0o600))
  } catch (error) {
    throw explainFolder(folder, error)
  }
  let store: FolderStore | null = null
  try {
    store = sqlite(folder.database)
    await store.migrate()
    return store
  } catch (error) {
    await store?.close().catch(() => {})
    throw explainSqlite(folder, error)
  }
}

/** Runs `work` with the folder's store and closes it, and explains what the database refuses. */
export async function withStore<T>(folder: DataFolder, work: (store: FolderStore) => Promise<T>): Promise<T> {
  const store = await openStore(folder)
  try {
    return await work(store)
  } catch (error) {
    throw explainSqlite(folder, error)
  } finally {
    await store.close()
  }
}
