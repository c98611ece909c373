import type { Id, RestoreRow, ThreadRow } from '@confab/core/ports'
import { sql as shared } from '../sql/restore.ts'
import { fromState, fromStatus } from '../sql/rows.ts'
import { hiddenSite, restoreClash } from '../store/hidden-site.ts'
import { sql as commitSql } from './commit.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

export const sql = {
  ...shared,
  // To undo this one statement alone, SQLite would keep a copy of all that it changes in memory; whoever fails here gives
  // up the whole transaction anyway. Measured with 100,000 comments: 90 MB.
  show: 'UPDATE OR ROLLBACK comment SET site = ? WHERE t = ? AND +site = ?',
}

/**
 * The comments come in parts, each in a transaction of its own, so that other writers get their turn. Until the last
 * transaction they belong to a site that nobody can ask for.
 */
export async function restoreThread(
  db: Database,
  writer: Writer,
  row: ThreadRow,
  parts: AsyncIterable<readonly RestoreRow[]>,
): Promise<'restored' | 'exists'> {
  const { thread } = row
  const hidden = hiddenSite()
  const isThread = (): boolean => db.get(sql.isThread, thread) !== undefined
  const drop = (from: string, to: string): Promise<unknown> =>
    writer.write(() => {
      db.run(sql.dropRevisions, thread, thread, from, to)
      db.run(sql.dropComments, thread, from, to)
    })

  if (await db.attempt(isThread)) return 'exists'
  await drop(hiddenSite.first, hiddenSite.last)
  try {
    let count = 0
    for await (const part of parts) {
      await writer.write(() => addPart(db, row, hidden, part))
      count += part.length
    }
    const result = await writer.write(() => {
      if (isThread()) return 'exists'
      const { site, key, url, title, ver, total, roots, state, createdAt, lastAt } = row
      if (db.run(sql.show, site, thread, hidden) !== count) throw restoreClash()
      db.run(commitSql.addThread, thread, site, key, url, title, ver, total, roots, fromState(state), createdAt, lastAt)
      return 'restored'
    })
    if (result === 'exists') await drop(hidden, hidden)
    return result
  } catch (error) {
    // Should this fail as well, the next restore of the thread does it.
    await drop(hidden, hidden).catch(() => {})
    throw error
  }
}

function addPart(db: Database, row: ThreadRow, hidden: string, part: readonly RestoreRow[]): void {
  const t = row.thread
  for (const author of new Set(part.map((comment) => comment.author))) {
    if (!db.get(commitSql.author, row.site, author)) {
      throw new Error('Store the author with `users.put` before the comment')
    }
  }
  for (const comment of part) {
    const { id, parent, path, status, visible, rev, replies, descendants } = comment
    db.run(
      commitSql.addComment,
      t,
      id,
      parent ?? '',
      path.join('/'),
      fromStatus(status),
      visible ? 1 : 0,
      rev,
      replies,
      descendants,
      hidden,
      comment.author,
      comment.replyTo,
      comment.up,
      comment.down,
      comment.at,
      comment.editedAt,
      comment.source,
      comment.html,
    )
    addRevisions(db, t, id, comment)
  }
}

function addRevisions(db: Database, t: string, id: Id, { revisions }: RestoreRow): void {
  for (const { rev, source, by, at } of revisions) db.run(commitSql.addRevision, t, id, rev, source, by, at)
}
