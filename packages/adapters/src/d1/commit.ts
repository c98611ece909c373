import type { Commit, CommitOptions, Ms, Op, ThreadRow, ThreadTarget } from '@confab/core/ports'
import type { PlannedComment } from '../commit/draft.ts'
import { planCommit } from '../commit/plan.ts'
import type { Changes } from '../commit/plan.ts'
import { fromState, fromStatus, threadColumns } from '../sql/rows.ts'
import type { Database, Statement } from './database.ts'
import { brokenConstraint } from './errors.ts'
import { guardSql, untilFirst, wasOvertaken } from './guard.ts'
import { idList, writeRows } from './json-rows.ts'
import { readAhead } from './lookups.ts'

export const sql = {
  guard: guardSql('EXISTS (SELECT 1 FROM thread WHERE t = ? AND turn = ?)'),
  addThread: `INSERT INTO thread (${threadColumns}, turn) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
  setThread: `UPDATE thread SET url = ?, title = ?, ver = ?, total = ?, roots = ?, state = ?, last = ?, turn = turn + 1
    WHERE t = ?`,
  removeComments: 'DELETE FROM comment WHERE t = ? AND id IN (SELECT value FROM json_each(?))',
  removeRevisions: 'DELETE FROM revision WHERE t = ? AND id IN (SELECT value FROM json_each(?))',
  removeKeys: 'DELETE FROM idem WHERE t = ? AND id IN (SELECT value FROM json_each(?))',
  addComments: `INSERT INTO comment (t, site, id, p, path, st, vis, rev, kids, des, u, ans, up, dn, at, ed, src, html)
    SELECT ?, ?, ${fields(16)} FROM json_each(?)`,
  // The thread stands in each row as well: as a value of its own it would lead SQLite to walk through the whole thread.
  setCounts: `UPDATE comment SET st = value ->> 2, vis = value ->> 3, kids = value ->> 4, des = value ->> 5
    FROM json_each(?) WHERE comment.t = value ->> 0 AND comment.id = value ->> 1`,
  setComments: `UPDATE comment SET st = value ->> 2, vis = value ->> 3, kids = value ->> 4, des = value ->> 5,
      rev = value ->> 6, ed = value ->> 7, src = value ->> 8, html = value ->> 9
    FROM json_each(?) WHERE comment.t = value ->> 0 AND comment.id = value ->> 1`,
  addRevisions: `INSERT INTO revision (t, id, rev, src, by, at) SELECT ?, ${fields(5)} FROM json_each(?)`,
  addKeys: `INSERT INTO idem (t, scope, key, hash, id, at) SELECT ?, ${fields(5)} FROM json_each(?)`,
  addEvents: `INSERT INTO event (t, site, done, id, ver, type, v, c, actor, at)
    SELECT ?, ?, ?, ${fields(7)} FROM json_each(?)`,
}

function fields(count: number): string {
  return Array.from({ length: count }, (_, i) => `value ->> ${i}`).join(', ')
}

/** Two ways to the database: one that reads, one that writes if nobody was faster. */
export function writeCommit(
  db: Database,
  limitMs: Ms,
  target: ThreadTarget,
  ops: readonly Op[],
  options: CommitOptions,
): Promise<Commit> {
  return untilFirst(
    limitMs,
    async () => {
      const { thread, turn, lookups } = await readAhead(db, target, ops)
      const plan = planCommit(thread, target, ops, options, lookups)
      if (plan.changes && plan.thread) {
        await db.batch(writesOf(plan.thread, turn, plan.changes, options.delivered === true))
      }
      return { thread: plan.thread, results: plan.results, events: [...(plan.changes?.events ?? [])] }
    },
    // Two first writers of a thread meet at its row.
    (error) => wasOvertaken(error) || brokenConstraint(error) === 'thread.t',
  )
}

function writesOf(row: ThreadRow, turn: number, changes: Changes, delivered: boolean): readonly Statement[] {
  const { thread: t, site } = row
  const ofIds = (statement: string, ids: readonly string[]): Statement[] =>
    ids.length === 0 ? [] : [[statement, t, idList(ids)]]
  const whole = changes.changed.filter(({ changed, body }) => changed === 'all' && body)
  const counted = changes.changed.filter((comment) => !whole.includes(comment))
  return [
    ...threadWrites(row, turn, changes.threadIsNew),
    ...ofIds(sql.removeComments, changes.removed),
    ...ofIds(sql.removeRevisions, changes.erasedRevisions),
    ...ofIds(sql.removeKeys, changes.droppedKeys),
    ...writeRows(sql.addComments, [t, site], changes.added.map(addedFields)),
    ...writeRows(
      sql.setCounts,
      [],
      counted.map((comment) => [t, comment.id, ...sums(comment)]),
    ),
    ...writeRows(
      sql.setComments,
      [],
      whole.map((comment) => [t, comment.id, ...sums(comment), ...texts(comment)]),
    ),
    ...writeRows(
      sql.addRevisions,
      [t],
      changes.revisions.map(({ comment, rev, source, by, at }) => [comment, rev, source, by, at]),
    ),
    ...writeRows(
      sql.addKeys,
      [t],
      changes.keys.map(({ scope, value, hash, comment, at }) => [scope, value, hash, comment, at]),
    ),
    ...writeRows(
      sql.addEvents,
      [t, site, delivered ? 1 : 0],
      changes.events.map(({ id, ver, type, v, comment, actor, at }) => [id, ver, type, v, comment, actor, at]),
    ),
  ]
}

function threadWrites(row: ThreadRow, turn: number, isNew: boolean): readonly Statement[] {
  const { thread: t, site, key, url, title, ver, total, roots, createdAt, lastAt } = row
  const state = fromState(row.state)
  if (isNew) return [[sql.addThread, t, site, key, url, title, ver, total, roots, state, createdAt, lastAt]]
  return [
    [sql.guard, t, turn],
    [sql.setThread, url, title, ver, total, roots, state, lastAt, t],
  ]
}

function sums({ status, visible, replies, descendants }: PlannedComment): readonly number[] {
  return [fromStatus(status), visible ? 1 : 0, replies, descendants]
}

function texts({ rev, body }: PlannedComment): readonly (string | number | null)[] {
  if (!body) throw new Error('A comment whose text changes has a body')
  return [rev, body.editedAt, body.source, body.html]
}

function addedFields(comment: PlannedComment): readonly (string | number | null)[] {
  const { id, parent, path, status, visible, rev, replies, descendants, body } = comment
  if (!body) throw new Error('A new comment has a body')
  const { author, replyTo, up, down, at, editedAt, source, html } = body
  return commentFields({
    ...{ id, parent, path, status, visible, rev, replies, descendants },
    ...{ author: author.id, replyTo, up, down, at, editedAt, source, html },
  })
}

/** In the order of `sql.addComments`. */
export function commentFields(comment: {
  readonly id: string
  readonly parent: string | null
  readonly path: readonly string[]
  readonly status: PlannedComment['status']
  readonly visible: boolean
  readonly rev: number
  readonly replies: number
  readonly descendants: number
  readonly author: string
  readonly replyTo: string | null
  readonly up: number
  readonly down: number
  readonly at: Ms
  readonly editedAt: Ms | null
  readonly source: string
  readonly html: string
}): readonly (string | number | null)[] {
  const { id, parent, path, status, visible, rev, replies, descendants } = comment
  const { author, replyTo, up, down, at, editedAt, source, html } = comment
  return [
    ...[id, parent ?? '', path.join('/'), fromStatus(status), visible ? 1 : 0, rev, replies, descendants],
    ...[author, replyTo, up, down, at, editedAt, source, html],
  ]
}
