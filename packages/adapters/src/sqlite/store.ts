import type { DatabaseSync } from 'node:sqlite'
import type { Ms, Store } from '@confab/core/ports'
import { backUp } from './backup.ts'
import { writeCommit } from './commit.ts'
import { openDatabase } from './database.ts'
import { closedError } from '../store/errors.ts'
import { eventLog, pruneOld } from './event-log.ts'
import {
  findList,
  findMine,
  findPage,
  findReplies,
  findRevisions,
  findRows,
  findSite,
  findThreads,
  findVer,
  listThreadsOf,
  scanThread,
} from './queries.ts'
import { recordStore } from './records.ts'
import { restoreThread } from './restore.ts'
import { bringForward, configure } from './schema.ts'
import { userStore } from './users.ts'
import { createWriter } from './writer.ts'

export interface SqliteOptions {
  /** How long a call waits for another process that holds the database, before it rejects with `store_busy`. @default 5000 */
  readonly busyMs?: Ms
}

export interface SqliteStore extends Store {
  /**
   * Copies the database to `file` while it is in use, with everything that was acknowledged before the call. An existing
   * `file` is replaced once the copy is whole.
   * @throws StoreError `store_missing` when the folder does not exist, `store_full`
   */
  backup(file: string): Promise<void>
}

/**
 * Conversations in one SQLite file, through Node's own `node:sqlite` (22.16 or later). Every write is synced to the disk
 * before it answers, and all that wait share one sync. Several processes of one machine may use the file at once; it
 * must not lie on a network drive.
 *
 * `database` is a path (or `:memory:`), opened at once and closed by `close`; or an open `DatabaseSync` of yours, which
 * stays open. It must hold nothing else: the tables have plain names.
 *
 * @throws StoreError `store_missing` when the folder does not exist
 * @example
 * const store = sqlite('confab.db')
 * await store.migrate()
 */
export function sqlite(database: string | DatabaseSync, options: SqliteOptions = {}): SqliteStore {
  const db = openDatabase(database, options.busyMs ?? 5000)
  const writer = createWriter(db)
  const events = eventLog(db, writer)
  const users = userStore(db, writer)
  let closing: Promise<void> | null = null

  async function open<T>(run: () => Promise<T>): Promise<T> {
    if (closing) throw closedError()
    return run()
  }
  const read = <T>(run: () => T): Promise<T> => open(() => db.attempt(run))

  return {
    capabilities: { exactVersion: true },
    events: {
      since: (ref, ver, limit) => open(() => events.since(ref, ver, limit)),
      claim: (claim) => open(() => events.claim(claim)),
      done: (ids) => open(() => events.done(ids)),
    },
    users: {
      get: (site, ids) => open(() => users.get(site, ids)),
      put: (user) => open(() => users.put(user)),
    },
    siteOf: (thread) => read(() => findSite(db, thread)),
    ver: (ref) => read(() => findVer(db, ref)),
    page: (query) => read(() => findPage(db, query)),
    replies: (ref, parents, limit) => read(() => findReplies(db, ref, parents, limit)),
    rows: (ref, ids) => read(() => findRows(db, ref, ids)),
    threads: (site, threads) => read(() => findThreads(db, site, threads)),
    listThreads: (site, list) => read(() => listThreadsOf(db, site, list)),
    mine: (ref, user, limit) => read(() => findMine(db, ref, user, limit)),
    list: (query) => read(() => findList(db, query)),
    scan: (ref, scan) => read(() => scanThread(db, ref, scan)),
    revisions: (ref, id) => read(() => findRevisions(db, ref, id)),
    commit: (target, ops, commit) => open(() => writer.write(() => writeCommit(db, target, ops, commit))),
    restore: (row, parts) => open(() => restoreThread(db, writer, row, parts)),
    records(spec) {
      const records = recordStore(db, writer, spec)
      return {
        get: (part, id) => open(() => records.get(part, id)),
        list: (part, index, list) => open(() => records.list(part, index, list)),
        write: (part, ops) => open(() => records.write(part, ops)),
      }
    },
    prune: (limits) => open(() => pruneOld(db, writer, limits)),
    migrate: () =>
      read(() => {
        configure(db)
        bringForward(db)
      }),
    ping: () => read(() => void findSite(db, '')),
    backup: (file) => open(() => backUp(db, file)),
    close() {
      closing ??= writer.idle().then(() => db.close())
      return closing
    },
  }
}
