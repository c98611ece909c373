import type {
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
import type { PageOrder } from '../sql/queries.ts'
import { behindAll, pageStart, sql as shared } from '../sql/queries.ts'
import type { Row } from '../sql/rows.ts'
import { commentColumns, joinAuthor, number, text, toCommentRow, toThreadRow } from '../sql/rows.ts'
import type { Database, Statement } from './database.ts'
import { idList } from './json-rows.ts'

/** `CROSS JOIN` keeps the order: the few parents first, then the replies of each, as many as are wanted. */
const joinReplies = `CROSS JOIN comment c ON c.t = ?1 AND c.id IN
  (SELECT x.id FROM comment x INDEXED BY c_tree WHERE x.t = ?1 AND x.p = r.value AND x.vis = 1 ORDER BY x.id LIMIT ?3)
  ${joinAuthor} WHERE c.site = ?2`

export const sql = {
  replies: `SELECT ${commentColumns} FROM json_each(?4) r ${joinReplies}`,
  /** The replies of the page that `pageFrom` reads, without waiting for its ids. */
  pageReplies: (order: PageOrder) => pageReplies[order],
}

const pageReplies = {
  '>': pageRepliesSql('>'),
  '>=': pageRepliesSql('>='),
  '<': pageRepliesSql('<'),
  '<=': pageRepliesSql('<='),
}

function pageRepliesSql(order: PageOrder): string {
  return `WITH r(value) AS MATERIALIZED (SELECT c.id FROM comment c INDEXED BY c_tree
      WHERE c.t = ?1 AND c.p = ?4 AND c.vis = 1 AND c.id ${order} ?5 AND c.site = ?2
      ORDER BY c.id ${order.startsWith('<') ? 'DESC' : 'ASC'} LIMIT ?6)
    SELECT ${commentColumns} FROM r ${joinReplies}`
}

export async function findVer(db: Database, ref: ThreadRef): Promise<number> {
  const [row] = await db.all(shared.ver, ref.thread, ref.site)
  return row ? number(row[0]) : 0
}

export async function findSite(db: Database, thread: ThreadId): Promise<string | null> {
  const [row] = await db.all(shared.siteOf, thread)
  return row ? text(row[0]) : null
}

/** One batch: one way to the database and back, and all of it from one state. */
export async function findPage(db: Database, query: PageQuery): Promise<Page> {
  const { thread: t, site, limit, before } = query
  const parent = query.parent ?? ''
  const { order, start } = pageStart(query)
  const statements: Statement[] = [
    [shared.thread, t, site],
    [shared.pageFrom(order), t, parent, start, site, limit + 1],
  ]
  if (query.replies) statements.push([sql.pageReplies(order), t, site, query.replies, parent, start, limit])
  const [threads = [], rows = [], replies = []] = await db.batch(statements)
  const [thread] = threads
  if (!thread) return { thread: null, rows: [], more: false, replies: new Map() }
  const found = rows.map(toCommentRow)
  const more = found.length > limit
  if (more) found.pop()
  if (before) found.reverse()
  return { thread: toThreadRow(thread), rows: found, more, replies: byParent(replies) }
}

export async function findReplies(
  db: Database,
  ref: ThreadRef,
  parents: readonly Id[],
  limit: number,
): Promise<Map<Id, CommentRow[]>> {
  return byParent(await db.all(sql.replies, ref.thread, ref.site, limit, idList(parents)))
}

function byParent(rows: readonly Row[]): Map<Id, CommentRow[]> {
  const comments = rows.map(toCommentRow).sort((a, b) => (a.id < b.id ? -1 : 1))
  const replies = new Map<Id, CommentRow[]>()
  for (const comment of comments) {
    const { parent } = comment
    if (parent === null) continue
    const siblings = replies.get(parent)
    if (siblings) siblings.push(comment)
    else replies.set(parent, [comment])
  }
  return replies
}

export async function findRows(db: Database, ref: ThreadRef, ids: readonly Id[]): Promise<(CommentRow | null)[]> {
  const found = new Map<Id, Row>()
  for (const row of await db.all(shared.rows, idList(ids), ref.thread, ref.site)) found.set(text(row[0]), row)
  return ids.map((id) => {
    const row = found.get(id)
    return row ? toCommentRow(row) : null
  })
}

export async function findThreads(
  db: Database,
  site: string,
  threads: readonly ThreadId[],
): Promise<(ThreadRow | null)[]> {
  const found = new Map<ThreadId, Row>()
  for (const row of await db.all(shared.threads, idList(threads), site)) found.set(text(row[0]), row)
  return threads.map((thread) => {
    const row = found.get(thread)
    return row ? toThreadRow(row) : null
  })
}

export async function listThreadsOf(
  db: Database,
  site: string,
  options: { readonly after?: ThreadId; readonly limit: number },
): Promise<ThreadRow[]> {
  return (await db.all(shared.listThreads, site, options.after ?? '', options.limit)).map(toThreadRow)
}

export async function findMine(db: Database, ref: ThreadRef, user: string, limit: number): Promise<CommentRow[]> {
  return (await db.all(shared.mine, ref.thread, user, ref.site, limit)).map(toCommentRow)
}

export async function findList(db: Database, query: ListQuery): Promise<CommentRow[]> {
  return (await db.all(...listStatement(query))).map(toCommentRow)
}

function listStatement(query: ListQuery): Statement {
  const { site, limit, after } = query
  switch (query.by) {
    case 'site':
      return [shared.listSite, site, after ?? behindAll, limit]
    case 'queue':
      return [shared.listQueue, site, query.status === 'pending' ? 1 : 2, after ?? '', limit]
    case 'author':
      return [shared.listAuthor, site, query.user, after ?? behindAll, limit]
  }
}

export async function scanThread(
  db: Database,
  ref: ThreadRef,
  options: { readonly after?: Id; readonly limit: number },
): Promise<CommentRow[]> {
  return (await db.all(shared.scan, ref.thread, options.after ?? '', ref.site, options.limit)).map(toCommentRow)
}

export async function findRevisions(db: Database, ref: ThreadRef, id: Id): Promise<RevisionRow[]> {
  return (await db.all(shared.revisions, ref.thread, id, ref.thread, ref.site)).map((row) => ({
    rev: number(row[0]),
    source: text(row[1]),
    by: text(row[2]),
    at: number(row[3]),
  }))
}
