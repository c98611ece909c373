import type { EventRow } from '@confab/core/ports'
import { eventColumns } from './rows.ts'

/** So many old rows go in one transaction, so that writers do not wait long behind a clean-up. */
export const pruneAtOnce = 500

export const sql = {
  since: `SELECT ${eventColumns} FROM event INDEXED BY e_thread
    WHERE t = ? AND ver IS NOT NULL AND ver > ? AND site = ? ORDER BY ver LIMIT ? + 0`,
  claimable: `SELECT id FROM event INDEXED BY e_age
    WHERE done = 0 AND at < ? AND lease <= ? ORDER BY at, id LIMIT ? + 0`,
  claim: `UPDATE event SET lease = ? WHERE id IN (SELECT value FROM json_each(?))`,
  events: `SELECT ${eventColumns} FROM event WHERE id IN (SELECT value FROM json_each(?))`,
  // The plus keeps SQLite from walking through everything that is not done.
  done: 'UPDATE event SET done = 1 WHERE id IN (SELECT value FROM json_each(?)) AND +done = 0',
  pruneEvents: `DELETE FROM event WHERE id IN
    (SELECT id FROM event INDEXED BY e_age WHERE done = 1 AND at < ? ORDER BY at, id LIMIT ${pruneAtOnce})`,
  pruneKeys: `DELETE FROM idem WHERE (t, scope, key) IN
    (SELECT t, scope, key FROM idem INDEXED BY idem_age WHERE at < ? ORDER BY at LIMIT ${pruneAtOnce})`,
}

/**
 * What was found behind `ver`, if nothing of it is missing. `present` is the version of the thread, read before: in between
 * some may have been added, never one taken the place of another.
 */
export function unbroken(found: EventRow[], ver: number, present: number, limit: number): EventRow[] | 'gone' {
  const isWhole = found.length >= Math.min(limit, present - ver)
  return isWhole && found.every((event, i) => event.ver === ver + 1 + i) ? found : 'gone'
}

export function byAge(a: EventRow, b: EventRow): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1)
}
