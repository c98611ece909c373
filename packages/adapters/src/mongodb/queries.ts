import type {
  AuthorRow,
  CommentRow,
  Id,
  ListQuery,
  Page,
  PageQuery,
  RevisionRow,
  ThreadId,
  ThreadRef,
  ThreadRow,
} from '@confab/core/ports'
import type { Doc } from './client.ts'
import {
  amount,
  commentKey,
  damaged,
  fromStatus,
  key,
  keys,
  number,
  text,
  toAuthor,
  toComment,
  toDocs,
  toRevision,
  toThread,
  userKey,
} from './rows.ts'
import { index } from './schema.ts'
import type { Access } from './transact.ts'

export interface Find {
  readonly filter: Doc
  readonly hint?: string
  readonly sort?: { readonly [field: string]: 1 | -1 }
  readonly limit?: number
  readonly projection?: { readonly [field: string]: 0 | 1 }
}

/**
 * Every query that may run often, with its index named: left to itself the planner picks by what the data happens to
 * look like. A hint to a partial index must come with the index's own filter, or documents are silently left out.
 * `plans.test.ts` looks at the plan of each.
 */
export const finds = {
  thread: (ref: ThreadRef): Find => ({ filter: { _id: key(ref.thread), site: key(ref.site) }, hint: index.id }),
  threads: (site: string, threads: readonly ThreadId[]): Find => ({
    filter: { _id: { $in: keys(threads) }, site: key(site) },
    hint: index.id,
  }),
  listThreads: (site: string, after: ThreadId, limit: number): Find => ({
    filter: { site: key(site), _id: { $gt: key(after) } },
    hint: index.threadsOfSite,
    sort: { _id: 1 },
    limit: amount(limit),
  }),
  page(query: PageQuery): Find {
    const { after, before, inclusive = false, limit } = query
    const place = before ?? after
    const upwards = (query.sort === 'oldest') !== (before !== undefined)
    const operator = `${upwards ? '$gt' : '$lt'}${inclusive ? 'e' : ''}`
    return {
      filter: {
        t: key(query.thread),
        p: query.parent === null ? '' : key(query.parent),
        vis: 1,
        site: key(query.site),
        ...(place && { _id: { [operator]: commentKey(query.thread, place.id) } }),
      },
      hint: index.tree,
      sort: { _id: upwards ? 1 : -1 },
      limit: amount(limit) + 1,
    }
  },
  firstReplies: (ref: ThreadRef, parents: readonly Id[], limit: number): Find => ({
    filter: {
      t: key(ref.thread),
      p: { $in: keys(parents) },
      vis: 1,
      n: { $gte: 1, $lte: amount(limit) },
      site: key(ref.site),
    },
    hint: index.firstReplies,
  }),
  repliesOf: (ref: ThreadRef, parent: Id, limit: number): Find => ({
    filter: { t: key(ref.thread), p: key(parent), vis: 1, site: key(ref.site) },
    hint: index.tree,
    sort: { _id: 1 },
    limit: amount(limit),
  }),
  rows: (ref: ThreadRef, ids: readonly Id[]): Find => ({
    filter: { t: key(ref.thread), _id: { $in: ids.map((id) => commentKey(ref.thread, id)) }, site: key(ref.site) },
    hint: index.comment,
  }),
  mine: (ref: ThreadRef, user: string, limit: number): Find => ({
    filter: { t: key(ref.thread), u: key(user), st: { $ne: fromStatus('deleted') }, site: key(ref.site) },
    hint: index.mine,
    sort: { _id: -1 },
    limit: amount(limit),
  }),
  list(query: ListQuery): Find {
    const { site, limit, after } = query
    const older = after === undefined ? {} : { id: { $lt: key(after) } }
    switch (query.by) {
      case 'site':
        return {
          filter: { site: key(site), st: 0, ...older },
          hint: index.site,
          sort: { id: -1 },
          limit: amount(limit),
        }
      case 'queue': {
        const filter = { site: key(site), st: fromStatus(query.status), q: 1, id: { $gt: key(after ?? '') } }
        return { filter, hint: index.queue, sort: { id: 1 }, limit: amount(limit) }
      }
      case 'author': {
        const filter = { site: key(site), u: key(query.user), ...older }
        return { filter, hint: index.author, sort: { id: -1 }, limit: amount(limit) }
      }
    }
  },
  scan: (ref: ThreadRef, after: Id, limit: number): Find => ({
    filter: { t: key(ref.thread), _id: { $gt: commentKey(ref.thread, after) }, site: key(ref.site) },
    hint: index.comment,
    sort: { _id: 1 },
    limit: amount(limit),
  }),
  revisions: (ref: ThreadRef, id: Id): Find => ({
    filter: { t: key(ref.thread), c: key(id) },
    hint: index.revision,
    sort: { rev: 1 },
  }),
  users: (site: string, ids: readonly string[]): Find => ({
    filter: { _id: { $in: ids.map((id) => userKey(site, id)) } },
    hint: index.id,
  }),
}

/** A limit of 0 means "all" to the server, and "none" to whoever asks a store. */
export async function find({ db, session }: Access, collection: string, query: Find): Promise<Doc[]> {
  const { filter, ...options } = query
  if (options.limit !== undefined && options.limit < 1) return []
  return toDocs(
    await db
      .collection(collection)
      .find(filter, { ...options, session })
      .toArray(),
  )
}

export async function findThread(access: Access, ref: ThreadRef): Promise<ThreadRow | null> {
  const [doc] = await find(access, 'threads', finds.thread(ref))
  return doc ? toThread(doc) : null
}

export async function findSite(access: Access, thread: ThreadId): Promise<string | null> {
  const [doc] = await find(access, 'threads', { filter: { _id: key(thread) }, projection: { site: 1 } })
  return doc ? text(doc['site']) : null
}

export async function findVer(access: Access, ref: ThreadRef): Promise<number> {
  const [doc] = await find(access, 'threads', { ...finds.thread(ref), projection: { ver: 1 } })
  return doc ? number(doc['ver']) : 0
}

export async function findPage(access: Access, query: PageQuery): Promise<Page> {
  // First the thread, then its rows: they may be newer than `ver` says, never older.
  const thread = await findThread(access, query)
  if (!thread) return { thread: null, rows: [], more: false, replies: new Map() }
  const found = await find(access, 'comments', finds.page(query))
  const more = found.length > query.limit
  if (more) found.pop()
  if (query.before) found.reverse()
  const replies = await findFirstReplies(access, query, found, query.replies ?? 0)
  const authors = await findAuthors(access, query.site, [...found, ...all(replies)])
  return { thread, rows: found.map((doc) => withAuthor(doc, authors)), more, replies: rowsOf(replies, authors) }
}

export async function findReplies(
  access: Access,
  ref: ThreadRef,
  parents: readonly Id[],
  limit: number,
): Promise<Map<Id, CommentRow[]>> {
  const projection = { id: 1, kids: 1, late: 1 } as const
  const found = await find(access, 'comments', { ...finds.rows(ref, parents), projection })
  const inOrder = found.toSorted((a, b) => parents.indexOf(text(a['id'])) - parents.indexOf(text(b['id'])))
  const replies = await findFirstReplies(access, ref, inOrder, limit)
  return rowsOf(replies, await findAuthors(access, ref.site, all(replies)))
}

/**
 * The first replies of many parents in one bounded query: each reply has an ordinal among its siblings. Where some of
 * the first are not visible, or one came with an older id than a sibling before it, that parent is asked alone.
 */
async function findFirstReplies(
  access: Access,
  ref: ThreadRef,
  parents: readonly Doc[],
  limit: number,
): Promise<Map<Id, Doc[]>> {
  const replied = parents.filter((doc) => number(doc['kids']) > 0)
  const replies = new Map<Id, Doc[]>()
  if (replied.length === 0 || limit < 1) return replies
  const early: Doc[] = await find(
    access,
    'comments',
    finds.firstReplies(
      ref,
      replied.map((doc) => text(doc['id'])),
      limit,
    ),
  )
  const under = Map.groupBy(early.sort(byId), (doc) => text(doc['p']))
  await Promise.all(
    replied.map(async (parent) => {
      const id = text(parent['id'])
      const first = under.get(id) ?? []
      // Keeps the order of the parents while several are asked at once.
      replies.set(id, first)
      const isWhole = parent['late'] !== 1 && first.length >= Math.min(limit, number(parent['kids']))
      if (!isWhole) replies.set(id, await find(access, 'comments', finds.repliesOf(ref, id, limit)))
    }),
  )
  for (const [id, first] of replies) if (first.length === 0) replies.delete(id)
  return replies
}

export async function findRows(access: Access, ref: ThreadRef, ids: readonly Id[]): Promise<(CommentRow | null)[]> {
  const rows = await complete(access, ref.site, await find(access, 'comments', finds.rows(ref, ids)))
  const byIds = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byIds.get(id) ?? null)
}

export async function findThreads(
  access: Access,
  site: string,
  threads: readonly ThreadId[],
): Promise<(ThreadRow | null)[]> {
  const found = new Map(
    (await find(access, 'threads', finds.threads(site, threads))).map((doc) => [doc['_id'], toThread(doc)]),
  )
  return threads.map((thread) => found.get(thread) ?? null)
}

export async function listThreadsOf(
  access: Access,
  site: string,
  { after = '', limit }: { readonly after?: ThreadId; readonly limit: number },
): Promise<ThreadRow[]> {
  return (await find(access, 'threads', finds.listThreads(site, after, limit))).map(toThread)
}

export async function findMine(access: Access, ref: ThreadRef, user: string, limit: number): Promise<CommentRow[]> {
  return await complete(access, ref.site, await find(access, 'comments', finds.mine(ref, user, limit)))
}

export async function findList(access: Access, query: ListQuery): Promise<CommentRow[]> {
  return await complete(access, query.site, await find(access, 'comments', finds.list(query)))
}

export async function scanThread(
  access: Access,
  ref: ThreadRef,
  { after = '', limit }: { readonly after?: Id; readonly limit: number },
): Promise<CommentRow[]> {
  return await complete(access, ref.site, await find(access, 'comments', finds.scan(ref, after, limit)))
}

export async function findRevisions(access: Access, ref: ThreadRef, id: Id): Promise<RevisionRow[]> {
  if ((await findThread(access, ref)) === null) return []
  return (await find(access, 'revisions', finds.revisions(ref, id))).map(toRevision)
}

/** The public part of the users who wrote these comments, as it is now. */
export async function findAuthors(
  access: Access,
  site: string,
  comments: readonly Doc[],
): Promise<Map<string, AuthorRow>> {
  const ids = [...new Set(comments.map((doc) => text(doc['u'])))]
  if (ids.length === 0) return new Map()
  const found = await find(access, 'users', finds.users(site, ids))
  return new Map(found.map((doc) => [text(doc['u']), toAuthor(doc)]))
}

async function complete(access: Access, site: string, comments: readonly Doc[]): Promise<CommentRow[]> {
  const authors = await findAuthors(access, site, comments)
  return comments.map((doc) => withAuthor(doc, authors))
}

function withAuthor(doc: Doc, authors: ReadonlyMap<string, AuthorRow>): CommentRow {
  const author = authors.get(text(doc['u']))
  return toComment(doc, author ? { ...author } : damaged())
}

function rowsOf(replies: ReadonlyMap<Id, Doc[]>, authors: ReadonlyMap<string, AuthorRow>): Map<Id, CommentRow[]> {
  return new Map([...replies].map(([id, docs]) => [id, docs.map((doc) => withAuthor(doc, authors))]))
}

function all(replies: ReadonlyMap<Id, Doc[]>): Doc[] {
  return [...replies.values()].flatMap((docs) => docs)
}

function byId(a: Doc, b: Doc): number {
  return text(a['id']) < text(b['id']) ? -1 : 1
}
