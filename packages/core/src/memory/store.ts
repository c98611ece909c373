import type { Store } from '../ports/index.ts'
import { applyCommit } from './commit.ts'
import { claimEvents, eventsSince, markDone, pruneState } from './event-log.ts'
import {
  findList,
  findMine,
  findPage,
  findReplies,
  findRevisions,
  findRows,
  findThread,
  findThreads,
  listThreadsOf,
  scanThread,
} from './queries.ts'
import { memoryRecords } from './records.ts'
import { restoreThread } from './restore.ts'
import { emptyState, pairKey } from './state.ts'

/**
 * A store that forgets everything when the process ends: for tests, for trying things out, and as the reference that
 * other stores are compared with. It is written to be plainly right, not fast: costs grow with the thread.
 *
 * @example
 * const confab = createConfab({ store: memoryStore(), sites: [{ id: 'blog', origins: ['https://blog.example.org'] }] })
 */
export function memoryStore(): Store {
  const state = emptyState()
  let closed = false

  /** Runs after the store was found open, and turns what it throws into a rejection. */
  async function open<T>(run: () => T): Promise<Awaited<T>> {
    if (closed) throw Object.assign(new Error('The store is closed'), { code: 'store_closed' })
    return await run()
  }

  return {
    capabilities: { exactVersion: true },
    events: {
      since: (ref, ver, limit) => open(() => eventsSince(state, ref, ver, limit)),
      claim: (options) => open(() => claimEvents(state, options)),
      done: (ids) => open(() => markDone(state, ids)),
    },
    users: {
      get: (site, ids) =>
        open(() =>
          ids.map((id) => {
            const user = state.users.get(pairKey(site, id))
            return user ? { ...user } : null
          }),
        ),
      put: (user) => open(() => void state.users.set(pairKey(user.site, user.id), { ...user })),
    },
    siteOf: (thread) => open(() => state.threads.get(thread)?.row.site ?? null),
    ver: (ref) => open(() => findThread(state, ref)?.row.ver ?? 0),
    page: (query) => open(() => findPage(state, query)),
    replies: (ref, parents, limit) => open(() => findReplies(state, ref, parents, limit)),
    rows: (ref, ids) => open(() => findRows(state, ref, ids)),
    threads: (site, threads) => open(() => findThreads(state, site, threads)),
    listThreads: (site, options) => open(() => listThreadsOf(state, site, options)),
    mine: (ref, user, limit) => open(() => findMine(state, ref, user, limit)),
    list: (query) => open(() => findList(state, query)),
    scan: (ref, options) => open(() => scanThread(state, ref, options)),
    revisions: (ref, id) => open(() => findRevisions(state, ref, id)),
    commit: (target, ops, options) => open(() => applyCommit(state, target, ops, options)),
    restore: (row, parts) => open(() => restoreThread(state, row, parts)),
    records(spec) {
      const records = memoryRecords(state, spec)
      return {
        get: (part, id) => open(() => records.get(part, id)),
        list: (part, index, options) => open(() => records.list(part, index, options)),
        write: (part, ops) => open(() => records.write(part, ops)),
      }
    },
    prune: (limits) => open(() => pruneState(state, limits)),
    migrate: () => open(() => undefined),
    ping: () => open(() => undefined),
    async close() {
      closed = true
    },
  }
}
