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
import { behindAll, pageStart, sql } from '../sql/queries.ts'
import { number, text, toCommentRow, toThreadRow } from '../sql/rows.ts'
import type { Database } from './database.ts'

export function findThread(db: Database, ref: ThreadRef): ThreadRow | null {
  const row = db.get(sql.thread, ref.thread, ref.site)
  return row ? toThreadRow(row) : null
}

export function findVer(db: Database, ref: ThreadRef): number {
  const row = db.get(sql.ver, ref.thread, ref.site)
  return row ? number(row[0]) : 0
}

export function findSite(db: Database, thread: ThreadId): string | null {
  const row = db.get(sql.siteOf, thread)
  return row ? text(row[0]) : null
}

/** All of it from one snapshot. */
export function findPage(db: Database, query: PageQuery): Page {
  return db.snapshot(() => readPage(db, query))
}

function readPage(db: Database, query: PageQuery): Page {
  const thread = findThread(db, query)
  if (!thread) return { thread: null, rows: [], more: false, replies: new Map() }
  const { before, limit } = query
  const { order, start } = pageStart(query)
  const found = db
    .all(sql.pageFrom(order), query.thread, query.parent ?? '', start, query.site, limit + 1)
    .map(toCommentRow)
  const more = found.length > limit
  if (more) found.pop()
  if (before) found.reverse()
  const replied = query.replies ? found.filter((row) => row.replies > 0).map((row) => row.id) : []
  return { thread, rows: found, more, replies: readReplies(db, query, replied, query.replies ?? 0) }
}

export function findReplies(
  db: Database,
  ref: ThreadRef,
  parents: readonly Id[],
  limit: number,
): Map<Id, CommentRow[]> {
  return db.snapshot(() => readReplies(db, ref, parents, limit))
}

function readReplies(db: Database, ref: ThreadRef, parents: readonly Id[], limit: number): Map<Id, CommentRow[]> {
  const replies = new Map<Id, CommentRow[]>()
  for (const parent of parents) {
    const found = db.all(sql.pageFrom('>'), ref.thread, parent, '', ref.site, limit)
    if (found.length > 0) replies.set(parent, found.map(toCommentRow))
  }
  return replies
}

export function findRows(db: Database, ref: ThreadRef, ids: readonly Id[]): (CommentRow | null)[] {
  const found = new Map<Id, CommentRow>()
  for (const row of db.all(sql.rows, JSON.stringify(ids), ref.thread, ref.site)) {
    const comment = toCommentRow(row)
    found.set(comment.id, comment)
  }
  return ids.map((id) => found.get(id) ?? null)
}

export function findThreads(db: Database, site: string, threads: readonly ThreadId[]): (ThreadRow | null)[] {
  const found = new Map<ThreadId, ThreadRow>()
  for (const row of db.all(sql.threads, JSON.stringify(threads), site)) {
    const thread = toThreadRow(row)
    found.set(thread.thread, thread)
  }
  return threads.map((thread) => found.get(thread) ?? null)
}

export function listThreadsOf(
  db: Database,
  site: string,
  options: { readonly after?: ThreadId; readonly limit: number },
): ThreadRow[] {
  return db.all(sql.listThreads, site, options.after ?? '', options.limit).map(toThreadRow)
}

export function findMine(db: Database, ref: ThreadRef, user: string, limit: number): CommentRow[] {
  return db.all(sql.mine, ref.thread, user, ref.site, limit).map(toCommentRow)
}

export function findList(db: Database, query: ListQuery): CommentRow[] {
  const { site, limit, after } = query
  switch (query.by) {
    case 'site':
      return db.all(sql.listSite, site, after ?? behindAll, limit).map(toCommentRow)
    case 'queue':
      return db.all(sql.listQueue, site, query.status === 'pending' ? 1 : 2, after ?? '', limit).map(toCommentRow)
    case 'author':
      return db.all(sql.listAuthor, site, query.user, after ?? behindAll, limit).map(toCommentRow)
  }
}

export function scanThread(
  db: Database,
  ref: ThreadRef,
  options: { readonly after?: Id; readonly limit: number },
): CommentRow[] {
  return db.all(sql.scan, ref.thread, options.after ?? '', ref.site, options.limit).map(toCommentRow)
}

export function findRevisions(db: Database, ref: ThreadRef, id: Id): RevisionRow[] {
  return db
    .all(sql.revisions, ref.thread, id, ref.thread, ref.site)
    .map((row) => ({ rev: number(row[0]), source: text(row[1]), by: text(row[2]), at: number(row[3]) }))
}
