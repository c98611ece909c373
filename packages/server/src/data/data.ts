import type { Store } from '@confab/core/ports'
import { ServerError } from '../errors.ts'
import { createDataFolder, dataFolder, hasDatabase, requireDatabase } from './folder.ts'
import type { DataFolder } from './folder.ts'
import { takeLock } from './lock.ts'
import { openStore } from './open-store.ts'
import { folderSecret } from './secret.ts'
import { explainShared, isSharedStore, openSharedStore, sharedName } from './shared-store.ts'
import { sharedLock, sharedSecret } from './shared-state.ts'
import { explainSqlite } from './sqlite-errors.ts'

/** Where a command finds what people wrote: a folder of this machine, or a store that several servers share. */
export interface Data {
  /** For messages; never holds a password. */
  readonly name: string
  /** `null` for a shared store: then nothing at all is kept on this machine. */
  readonly folder: DataFolder | null
  /** There is something there. Always so for a shared store, which says itself what is wrong with it. */
  exists(): boolean
  /** Refuses a folder without a database, so that a wrong `--data` makes nothing new. */
  require(): void
  /** Makes the folder when it is missing. */
  create(): void
  /** Opens the store and brings it forward. */
  open(): Promise<Store>
  /** Runs `work` with the store, closes it, and says what the store refuses in words for the operator. */
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>
  /** As `withStore`, for one process at a time: two imports would not see what the other is about to write. */
  alone<T>(work: (store: Store) => Promise<T>): Promise<T>
  /** Hides the names of imported authors behind their ids. The same for all who use this data. */
  secret(store: Store): Promise<string>
}

/** @param store address of a shared store; without one, or with `sqlite:`, it is the folder */
export function dataAt({ data, store }: { readonly data: string; readonly store?: string | undefined }): Data {
  return store !== undefined && isSharedStore(store) ? sharedData(store) : folderData(dataFolder(data))
}

function folderData(folder: DataFolder): Data {
  const explain = (error: unknown): unknown => explainSqlite(folder, error)
  const open = (): Promise<Store> => openStore(folder)
  const withStore = storeUser(open, explain)
  return {
    name: folder.path,
    folder,
    exists: () => hasDatabase(folder),
    require: () => requireDatabase(folder),
    create: () => createDataFolder(folder),
    open,
    withStore,
    async alone(work) {
      const lock = takeLock(folder, folder.importLock)
      if (lock === null) throw busyError(folder.path)
      try {
        return await withStore(work)
      } finally {
        lock.release()
      }
    },
    secret: async () => folderSecret(folder),
  }
}

function sharedData(url: string): Data {
  const name = sharedName(url)
  const open = (): Promise<Store> => openSharedStore(url)
  const withStore = storeUser(open, (error) => explainShared(url, error))
  return {
    name,
    folder: null,
    exists: () => true,
    require() {},
    create() {},
    open,
    withStore,
    alone: (work) =>
      withStore(async (store) => {
        const lock = await sharedLock(store, 'import')
        if (lock === null) throw busyError(name)
        try {
          return await work(store)
        } finally {
          await lock.release()
        }
      }),
    secret: (store) => sharedSecret(store, 'import'),
  }
}

function storeUser(open: () => Promise<Store>, explain: (error: unknown) => unknown): Data['withStore'] {
  return async (work) => {
    const store = await open()
    try {
      return await work(store)
    } catch (error) {
      throw explain(error)
    } finally {
      await store.close()
    }
  }
}

function busyError(name: string): ServerError {
  return new ServerError('data_locked', `Another import or undo is at work in ${name}: wait for it to end.`)
}
