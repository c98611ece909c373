import type { CommentRow, Id, Sort, Store, ThreadRef } from '../../ports/index.ts'
import { scanAll } from './recount.ts'

/** Everything a store can be asked about these threads and users, in a form that two stores can be compared by. */
export async function observe(store: Store, threads: readonly ThreadRef[], users: readonly string[]): Promise<object> {
  const sites = [...new Set(threads.map(({ site }) => site))]
  return {
    sites: await Promise.all(sites.map((site) => observeSite(store, site, users))),
    threads: await Promise.all(threads.map((ref) => observeThread(store, ref, users))),
  }
}

async function observeSite(store: Store, site: string, users: readonly string[]): Promise<object> {
  return {
    site,
    threads: await store.listThreads(site, { limit: 100 }),
    users: await store.users.get(site, users),
    latest: await listAll((after) => store.list({ by: 'site', site, limit: 40, ...after })),
    pending: await listAll((after) => store.list({ by: 'queue', site, status: 'pending', limit: 7, ...after })),
    spam: await listAll((after) => store.list({ by: 'queue', site, status: 'spam', limit: 7, ...after })),
    authors: await Promise.all(
      users.map((user) => listAll((after) => store.list({ by: 'author', site, user, limit: 40, ...after }))),
    ),
  }
}

async function observeThread(store: Store, ref: ThreadRef, users: readonly string[]): Promise<object> {
  const rows = await scanAll(store, ref)
  const parents = [null, ...rows.filter(({ replies }) => replies > 0).map(({ id }) => id)]
  const events = await store.events.since(ref, 0, 10_000)
  return {
    ref,
    rows,
    row: await store.threads(ref.site, [ref.thread]),
    ver: await store.ver(ref),
    site: await store.siteOf(ref.thread),
    byId: await store.rows(ref, rows.map(({ id }) => id).reverse()),
    revisions: await Promise.all(rows.map(({ id }) => store.revisions(ref, id))),
    mine: await Promise.all(users.map((user) => store.mine(ref, user, 15))),
    replies: mapToList(
      await store.replies(
        ref,
        rows.map(({ id }) => id),
        3,
      ),
    ),
    pages: await Promise.all(
      parents.flatMap((parent) => [walk(store, ref, parent, 'newest'), walk(store, ref, parent, 'oldest')]),
    ),
    // A store may make an id twice when it tries a commit again; everything else is fixed.
    events: events === 'gone' ? events : events.map(({ id: _id, ...event }) => event),
  }
}

/** Reads a list to its end forwards, then from the end backwards. */
async function walk(store: Store, ref: ThreadRef, parent: Id | null, sort: Sort): Promise<object[]> {
  const pages: object[] = []
  let place: { rank: number; id: Id } | undefined
  for (;;) {
    const page = await store.page({ ...ref, parent, sort, limit: 7, replies: 2, ...(place && { after: place }) })
    pages.push({ ...page, replies: mapToList(page.replies) })
    const last = page.rows.at(-1)
    if (last) place = { rank: 0, id: last.id }
    if (!page.more) break
  }
  while (place) {
    const page = await store.page({ ...ref, parent, sort, limit: 7, before: place, inclusive: pages.length % 2 === 0 })
    pages.push({ rows: page.rows.map(({ id }) => id), more: page.more })
    const [first] = page.rows
    place = page.more && first ? { rank: 0, id: first.id } : undefined
  }
  return pages
}

async function listAll(ask: (after: { after?: Id }) => Promise<CommentRow[]>): Promise<CommentRow[]> {
  const rows: CommentRow[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await ask(last ? { after: last.id } : {})
    if (page.length === 0) return rows
    rows.push(...page)
  }
}

function mapToList<K extends string, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
