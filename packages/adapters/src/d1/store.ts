import type { Ms, Store } from '@confab/core/ports'
import { closedError } from '../store/errors.ts'
import { writeCommit } from './commit.ts'
import type { D1Source } from './database.ts'
import { openDatabase } from './database.ts'
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
import { bringForward } from './schema.ts'
import { userStore } from './users.ts'

export interface D1Options {
  /**
   * How long a commit goes on while other Workers write to the same thread and are faster, before it rejects with
   * `store_busy`. @default 10000
   */
  readonly limitMs?: Ms
}

/**
 * Conversations in Cloudflare D1, for Workers. A commit is one batch that reads and one that writes, and the second one
 * undoes itself when somebody else was faster.
 *
 * `database` is the binding, or a function that answers it. It must hold nothing else: the tables have plain names. Give
 * it no session of a read replica: readers would see older versions after newer ones.
 *
 * @example
 * const store = d1(env.DB)
 * await store.migrate()
 */
export function d1(database: D1Source, options: D1Options = {}): Store {
  const limitMs = options.limitMs ?? 10_000
  const db = openDatabase(database)
  const events = eventLog(db)
  const users = userStore(db)
  let isForward = false
  let closing: Promise<void> | null = null
  // A number and no promises: on Workers those of a request that was cut never settle, and would be kept for ever.
  let running = 0
  let idle = (): void => undefined

  async function open<T>(run: () => Promise<T>): Promise<T> {
    if (closing) throw closedError()
    running += 1
    try {
      return await run()
    } finally {
      running -= 1
      if (running === 0) idle()
    }
  }

  return {
    // The version is one way to the database and back, and each costs time and money: pages in memory are shown for
    // their second without asking.
    capabilities: { exactVersion: false },
    events: {
      since: (ref, ver, limit) => open(() => events.since(ref, ver, limit)),
      claim: (claim) => open(() => events.claim(claim)),
      done: (ids) => open(() => events.done(ids)),
    },
    users: {
      get: (site, ids) => open(() => users.get(site, ids)),
      put: (user) => open(() => users.put(user)),
    },
    siteOf: (thread) => open(() => findSite(db, thread)),
    ver: (ref) => open(() => findVer(db, ref)),
    page: (query) => open(() => findPage(db, query)),
    replies: (ref, parents, limit) => open(() => findReplies(db, ref, parents, limit)),
    rows: (ref, ids) => open(() => findRows(db, ref, ids)),
    threads: (site, threads) => open(() => findThreads(db, site, threads)),
    listThreads: (site, list) => open(() => listThreadsOf(db, site, list)),
    mine: (ref, user, limit) => open(() => findMine(db, ref, user, limit)),
    list: (query) => open(() => findList(db, query)),
    scan: (ref, scan) => open(() => scanThread(db, ref, scan)),
    revisions: (ref, id) => open(() => findRevisions(db, ref, id)),
    commit: (target, ops, commit) => open(() => writeCommit(db, limitMs, target, ops, commit)),
    restore: (row, parts) => open(() => restoreThread(db, row, parts)),
    records(spec) {
      const records = recordStore(db, limitMs, spec)
      return {
        get: (part, id) => open(() => records.get(part, id)),
        list: (part, index, list) => open(() => records.list(part, index, list)),
        write: (part, ops) => open(() => records.write(part, ops)),
      }
    },
    prune: (limits) => open(() => pruneOld(db, limits)),
    migrate: () =>
      open(async () => {
        if (!isForward) await bringForward(db)
        isForward = true
      }),
    ping: () => open(async () => void (await findSite(db, ''))),
    close() {
      closing ??= new Promise((resolve) => {
        idle = resolve
        if (running === 0) resolve()
      })
      return closing
    },
  }
}
