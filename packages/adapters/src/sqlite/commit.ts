import type { Commit, CommitOptions, Op, ThreadRow, ThreadTarget } from '@confab/core/ports'
import type { PlannedComment } from '../commit/draft.ts'
import type { Lookups } from '../commit/lookups.ts'
import { planCommit } from '../commit/plan.ts'
import type { Changes } from '../commit/plan.ts'
import { sql as read } from '../sql/queries.ts'
import {
  fromState,
  fromStatus,
  number,
  text,
  textOrNull,
  threadColumns,
  toCommentRow,
  toParent,
  toPath,
  toRole,
  toStatus,
  toThreadRow,
} from '../sql/rows.ts'
import type { Database } from './database.ts'

export const sql = {
  anyThread: `SELECT ${threadColumns} FROM thread WHERE t = ?`,
  // Comments of another site are those of a restore that has not ended.
  node: 'SELECT p, path, st, vis, rev, kids, des FROM comment WHERE t = ? AND id = ? AND +site = ?',
  children: 'SELECT id FROM comment INDEXED BY c_tree WHERE t = ? AND p = ? LIMIT ? + 0',
  hasRevisions: 'SELECT 1 FROM revision WHERE t = ? AND id = ? LIMIT 1',
  key: 'SELECT hash, id FROM idem WHERE t = ? AND scope = ? AND key = ?',
  author: 'SELECT name, avatar, website, role FROM user WHERE site = ? AND id = ?',

  addThread: `INSERT INTO thread (${threadColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  setThread: 'UPDATE thread SET url = ?, title = ?, ver = ?, total = ?, roots = ?, state = ?, last = ? WHERE t = ?',
  removeComment: 'DELETE FROM comment WHERE t = ? AND id = ?',
  removeRevisions: 'DELETE FROM revision WHERE t = ? AND id = ?',
  removeKeys: 'DELETE FROM idem WHERE t = ? AND id = ?',
  addComment: `INSERT INTO comment
    (t, id, p, path, st, vis, rev, kids, des, site, u, ans, up, dn, at, ed, src, html)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  setCounts: 'UPDATE comment SET st = ?, vis = ?, kids = ?, des = ? WHERE t = ? AND id = ?',
  setComment: `UPDATE comment SET st = ?, vis = ?, kids = ?, des = ?, rev = ?, ed = ?, src = ?, html = ?
    WHERE t = ? AND id = ?`,
  addRevision: 'INSERT INTO revision (t, id, rev, src, by, at) VALUES (?, ?, ?, ?, ?, ?)',
  addKey: 'INSERT INTO idem (t, scope, key, hash, id, at) VALUES (?, ?, ?, ?, ?, ?)',
  addEvent: 'INSERT INTO event (id, t, ver, site, type, v, c, actor, at, done) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
}

/** Runs inside a transaction that holds the write lock. */
export function writeCommit(db: Database, target: ThreadTarget, ops: readonly Op[], options: CommitOptions): Commit {
  const stored = db.get(sql.anyThread, target.thread)
  const plan = planCommit(stored ? toThreadRow(stored) : null, target, ops, options, lookupsOf(db, target))
  if (plan.changes && plan.thread) writeChanges(db, plan.thread, plan.changes, options)
  return { thread: plan.thread, results: plan.results, events: [...(plan.changes?.events ?? [])] }
}

function lookupsOf(db: Database, { thread, site }: ThreadTarget): Lookups {
  return {
    node(id) {
      const row = db.get(sql.node, thread, id, site)
      if (!row) return undefined
      return {
        id,
        parent: toParent(row[0]),
        path: toPath(row[1]),
        status: toStatus(row[2]),
        visible: row[3] === 1,
        rev: number(row[4]),
        replies: number(row[5]),
        descendants: number(row[6]),
      }
    },
    body(id) {
      const row = db.get(read.row, thread, id, site)
      if (!row) throw new Error('A comment vanished within a transaction')
      return toCommentRow(row)
    },
    children: (id, limit) => db.all(sql.children, thread, id, limit).map((row) => text(row[0])),
    hasRevisions: (id) => db.get(sql.hasRevisions, thread, id) !== undefined,
    key(key) {
      const row = db.get(sql.key, thread, key.scope, key.value)
      return row ? { hash: text(row[0]), comment: text(row[1]) } : undefined
    },
    author(id) {
      const row = db.get(sql.author, site, id)
      if (!row) return undefined
      return {
        id,
        name: text(row[0]),
        avatar: textOrNull(row[1]),
        website: textOrNull(row[2]),
        role: toRole(row[3]),
      }
    },
  }
}

function writeChanges(db: Database, row: ThreadRow, changes: Changes, options: CommitOptions): void {
  const t = row.thread
  const { url, title, ver, total, roots, lastAt } = row
  const state = fromState(row.state)
  if (changes.threadIsNew) {
    db.run(sql.addThread, t, row.site, row.key, url, title, ver, total, roots, state, row.createdAt, lastAt)
  } else {
    db.run(sql.setThread, url, title, ver, total, roots, state, lastAt, t)
  }
  for (const id of changes.removed) db.run(sql.removeComment, t, id)
  for (const id of changes.erasedRevisions) db.run(sql.removeRevisions, t, id)
  for (const id of changes.droppedKeys) db.run(sql.removeKeys, t, id)
  for (const comment of changes.added) addComment(db, row, comment)
  for (const comment of changes.changed) setComment(db, row, comment)
  for (const { comment, rev, source, by, at } of changes.revisions)
    db.run(sql.addRevision, t, comment, rev, source, by, at)
  for (const { scope, value, hash, comment, at } of changes.keys) db.run(sql.addKey, t, scope, value, hash, comment, at)
  const done = options.delivered ? 1 : 0
  for (const { id, ver, type, v, comment, actor, at } of changes.events) {
    db.run(sql.addEvent, id, t, ver, row.site, type, v, comment, actor, at, done)
  }
}

function addComment(db: Database, thread: ThreadRow, comment: PlannedComment): void {
  const { id, parent, path, status, visible, rev, replies, descendants, body } = comment
  if (!body) throw new Error('A new comment has a body')
  db.run(
    sql.addComment,
    thread.thread,
    id,
    parent ?? '',
    path.join('/'),
    fromStatus(status),
    visible ? 1 : 0,
    rev,
    replies,
    descendants,
    thread.site,
    body.author.id,
    body.replyTo,
    body.up,
    body.down,
    body.at,
    body.editedAt,
    body.source,
    body.html,
  )
}

function setComment(db: Database, thread: ThreadRow, comment: PlannedComment): void {
  const { id, status, visible, replies, descendants, rev, body } = comment
  const sums = [fromStatus(status), visible ? 1 : 0, replies, descendants] as const
  if (comment.changed === 'all' && body) {
    db.run(sql.setComment, ...sums, rev, body.editedAt, body.source, body.html, thread.thread, id)
  } else {
    db.run(sql.setCounts, ...sums, thread.thread, id)
  }
}
