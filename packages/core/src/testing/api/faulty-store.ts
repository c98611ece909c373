import type { Records, Store } from '../../ports/index.ts'

/** One method of the store that fails, such as `page` or `events.since`; `*` for all. */
export interface Fault {
  readonly method: string
  /** A code such as `store_busy`; `null`: an error that says nothing of where it comes from. */
  readonly code: string | null
}

/** Every method of a store that a fault can hit. */
export const storeMethods = [
  'siteOf',
  'ver',
  'page',
  'replies',
  'rows',
  'threads',
  'listThreads',
  'mine',
  'list',
  'scan',
  'revisions',
  'commit',
  'restore',
  'prune',
  'migrate',
  'ping',
  'events.since',
  'events.claim',
  'events.done',
  'users.get',
  'users.put',
  'records.get',
  'records.list',
  'records.write',
] as const

type Method = (typeof storeMethods)[number]

/** What a driver might say: everything that must not reach a client. */
const faultText = 'connect ECONNREFUSED /srv/secret/confab.db password=hunter2'

/** A store that fails where and while `current` says so. */
export function faultyStore(store: Store, current: () => Fault | null): Store {
  async function run<T>(method: Method, call: () => Promise<T>): Promise<T> {
    const fault = current()
    if (fault && (fault.method === '*' || fault.method === method)) {
      throw Object.assign(new Error(faultText), fault.code !== null && { code: fault.code })
    }
    return call()
  }
  const faultyRecords = (records: Records): Records => ({
    get: (part, id) => run('records.get', () => records.get(part, id)),
    list: (part, index, options) => run('records.list', () => records.list(part, index, options)),
    write: (part, ops) => run('records.write', () => records.write(part, ops)),
  })
  return {
    capabilities: store.capabilities,
    siteOf: (thread) => run('siteOf', () => store.siteOf(thread)),
    ver: (ref) => run('ver', () => store.ver(ref)),
    page: (query) => run('page', () => store.page(query)),
    replies: (ref, parents, limit) => run('replies', () => store.replies(ref, parents, limit)),
    rows: (ref, ids) => run('rows', () => store.rows(ref, ids)),
    threads: (site, threads) => run('threads', () => store.threads(site, threads)),
    listThreads: (site, options) => run('listThreads', () => store.listThreads(site, options)),
    mine: (ref, user, limit) => run('mine', () => store.mine(ref, user, limit)),
    list: (query) => run('list', () => store.list(query)),
    scan: (ref, options) => run('scan', () => store.scan(ref, options)),
    revisions: (ref, id) => run('revisions', () => store.revisions(ref, id)),
    commit: (target, ops, options) => run('commit', () => store.commit(target, ops, options)),
    restore: (row, parts) => run('restore', () => store.restore(row, parts)),
    prune: (limits) => run('prune', () => store.prune(limits)),
    migrate: () => run('migrate', () => store.migrate()),
    ping: () => run('ping', () => store.ping()),
    events: {
      since: (ref, ver, limit) => run('events.since', () => store.events.since(ref, ver, limit)),
      claim: (options) => run('events.claim', () => store.events.claim(options)),
      done: (ids) => run('events.done', () => store.events.done(ids)),
    },
    users: {
      get: (site, ids) => run('users.get', () => store.users.get(site, ids)),
      put: (user) => run('users.put', () => store.users.put(user)),
    },
    records: (spec) => faultyRecords(store.records(spec)),
    close: () => store.close(),
  }
}
