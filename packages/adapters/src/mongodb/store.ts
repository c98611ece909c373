import type { Ms, Store } from '@confab/core/ports'
import { closedError } from '../store/errors.ts'
import { connect } from './client.ts'
import type { MongoSource } from './client.ts'
import { writeCommit } from './commit.ts'
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
import { bringForward, checkMigrated } from './schema.ts'
import { createRunner } from './transact.ts'
import { createTurns } from './turns.ts'
import { userStore } from './users.ts'

export interface MongodbOptions {
  /** Name of a database that holds nothing else: the collections have plain names. @default 'confab' */
  readonly database?: string
  /**
   * How long a call may take with everything that it tries again, such as through an election. It rejects with
   * `store_unavailable` after that. @default 15000
   */
  readonly limitMs?: Ms
}

/** Building the indexes of a large database takes its time. */
const migrateLimitMs = 30 * 60_000

/**
 * Conversations in MongoDB 5.0 or later, as a replica set (one member is enough) or a sharded cluster. An acknowledged
 * write is on the disks of a majority of the members.
 *
 * `source` is a `MongoClient` of yours, which stays open; a function that answers with one, called anew for each call of
 * the store, for runtimes where a connection does not outlive a request; or a connection string, whose client the store
 * opens at first use and closes with `close`.
 *
 * @example
 * const store = mongodb('mongodb://localhost:27017/?replicaSet=rs0', { database: 'confab' })
 * await store.migrate()
 */
export function mongodb(source: MongoSource, options: MongodbOptions = {}): Store {
  const connection = connect(source)
  const database = options.database ?? 'confab'
  const runner = createRunner(connection, database, options.limitMs ?? 15_000)
  const turns = createTurns()
  const events = eventLog(runner)
  const users = userStore(runner)
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null
  let isMigrated = false

  async function open<T>(run: () => Promise<T>): Promise<T> {
    if (closing) throw closedError()
    const work = run()
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
    }
  }
  /** Asked once, before the first write. */
  async function write<T>(run: () => Promise<T>): Promise<T> {
    return await open(async () => {
      if (!isMigrated) await runner.run(({ db }) => checkMigrated(db))
      isMigrated = true
      return await run()
    })
  }
  const read = <T>(work: Parameters<typeof runner.run<T>>[0]): Promise<T> => open(() => runner.run(work))

  return {
    capabilities: { exactVersion: false },
    events: {
      since: (ref, ver, limit) => open(() => events.since(ref, ver, limit)),
      claim: (claim) => open(() => events.claim(claim)),
      done: (ids) => open(() => events.done(ids)),
    },
    users: {
      get: (site, ids) => open(() => users.get(site, ids)),
      put: (user) => write(() => users.put(user)),
    },
    siteOf: (thread) => read((access) => findSite(access, thread)),
    ver: (ref) => read((access) => findVer(access, ref)),
    page: (query) => read((access) => findPage(access, query)),
    replies: (ref, parents, limit) => read((access) => findReplies(access, ref, parents, limit)),
    rows: (ref, ids) => read((access) => findRows(access, ref, ids)),
    threads: (site, threads) => read((access) => findThreads(access, site, threads)),
    listThreads: (site, list) => read((access) => listThreadsOf(access, site, list)),
    mine: (ref, user, limit) => read((access) => findMine(access, ref, user, limit)),
    list: (query) => read((access) => findList(access, query)),
    scan: (ref, scan) => read((access) => scanThread(access, ref, scan)),
    revisions: (ref, id) => read((access) => findRevisions(access, ref, id)),
    commit: (target, ops, commit) =>
      write(() =>
        // Two transactions on one thread only make each other begin again, so within a process they take turns.
        turns.take(`thread/${target.thread}`, () =>
          runner.transact((access) => writeCommit(access, target, ops, commit)),
        ),
      ),
    restore: (row, parts) => write(() => restoreThread(runner, row, parts)),
    records(spec) {
      const records = recordStore(runner, turns, spec)
      return {
        get: (part, id) => open(() => records.get(part, id)),
        list: (part, index, list) => write(() => records.list(part, index, list)),
        write: (part, ops) => write(() => records.write(part, ops)),
      }
    },
    prune: (limits) => read((access) => pruneOld(access, limits)),
    async migrate() {
      await open(() => runner.run(({ db }) => bringForward(db), migrateLimitMs))
      isMigrated = true
    },
    ping: () => read(async ({ db, session }) => void (await db.command({ ping: 1 }, { session }))),
    close() {
      closing ??= Promise.allSettled(running)
        .then(() => runner.close())
        .then(() => connection.close())
      return closing
    },
  }
}
