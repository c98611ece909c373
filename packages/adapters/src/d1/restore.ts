import type { Id, RestoreRow, ThreadRow } from '@confab/core/ports'
import { sql as shared } from '../sql/restore.ts'
import { fromState, text } from '../sql/rows.ts'
import { sql as users } from '../sql/users.ts'
import { hiddenSite, restoreClash } from '../store/hidden-site.ts'
import { commentFields, sql as commitSql } from './commit.ts'
import type { Database } from './database.ts'
import { brokenConstraint } from './errors.ts'
import { guardSql, wasOvertaken } from './guard.ts'
import { idList, writeRows } from './json-rows.ts'

export const sql = {
  guardCount: guardSql('(SELECT COUNT(*) FROM comment WHERE t = ? AND +site = ?) = ?'),
}

/**
 * The comments come in parts. Until the last batch they belong to a site that nobody can ask for.
 */
export async function restoreThread(
  db: Database,
  row: ThreadRow,
  parts: AsyncIterable<readonly RestoreRow[]>,
): Promise<'restored' | 'exists'> {
  const { thread } = row
  const hidden = hiddenSite()
  const drop = async (from: string, to: string): Promise<void> => {
    await db.batch([
      [shared.dropRevisions, thread, thread, from, to],
      [shared.dropComments, thread, from, to],
    ])
  }

  if ((await db.all(shared.isThread, thread)).length > 0) return 'exists'
  await drop(hiddenSite.first, hiddenSite.last)
  try {
    let count = 0
    for await (const part of parts) {
      await addPart(db, row, hidden, part)
      count += part.length
    }
    const result = await show(db, row, hidden, count)
    if (result === 'exists') await drop(hidden, hidden)
    return result
  } catch (error) {
    // Should this fail as well, the next restore of the thread does it.
    await drop(hidden, hidden).catch(() => {})
    throw error
  }
}

async function show(db: Database, row: ThreadRow, hidden: string, count: number): Promise<'restored' | 'exists'> {
  const { thread, site, key, url, title, ver, total, roots, createdAt, lastAt } = row
  const state = fromState(row.state)
  try {
    await db.batch([
      [commitSql.addThread, thread, site, key, url, title, ver, total, roots, state, createdAt, lastAt],
      [sql.guardCount, thread, hidden, count],
      [shared.show, site, thread, hidden],
    ])
    return 'restored'
  } catch (error) {
    if (brokenConstraint(error) === 'thread.t') return 'exists'
    if (wasOvertaken(error)) throw restoreClash()
    throw error
  }
}

async function addPart(db: Database, row: ThreadRow, hidden: string, part: readonly RestoreRow[]): Promise<void> {
  if (part.length === 0) return
  const authors = new Set(part.map(({ author }) => author))
  const known = new Set((await db.all(users.get, row.site, idList(authors))).map((user) => text(user[1])))
  if (known.size < authors.size) throw new Error('Store the author with `users.put` before the comment')
  const revisions = part.flatMap(({ id, revisions: texts }) => texts.map((one) => revisionFields(id, one)))
  // One after the other: together they might be more than D1 takes at once. A comment comes before its revisions, which
  // are found by it when all of this has to go again.
  const writes = [
    ...writeRows(commitSql.addComments, [row.thread, hidden], part.map(commentFields)),
    ...writeRows(commitSql.addRevisions, [row.thread], revisions),
  ]
  for (const write of writes) await db.batch([write])
}

function revisionFields(id: Id, { rev, source, by, at }: RestoreRow['revisions'][number]): (string | number)[] {
  return [id, rev, source, by, at]
}
