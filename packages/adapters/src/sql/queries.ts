import type { PageQuery } from '@confab/core/ports'
import { commentColumns, joinAuthor, threadColumns } from './rows.ts'

export type PageOrder = '>' | '>=' | '<' | '<='

/**
 * `INDEXED BY` is not decoration: without statistics SQLite may take another index and then sort, and the cost of a page
 * grows with the thread. `plans.test.ts` looks at the plan of every statement.
 *
 * Nor is the `+ 0` behind `LIMIT ?`: the planner looks at a plain parameter there, and so prepares the statement anew
 * each time one is bound, at twenty times the cost of running it.
 *
 * No value has a number, such as `?1`: Node before 22.20 cannot bind those by their place.
 */
export const sql = {
  thread: `SELECT ${threadColumns} FROM thread WHERE t = ? AND site = ?`,
  siteOf: 'SELECT site FROM thread WHERE t = ?',
  ver: 'SELECT ver FROM thread WHERE t = ? AND site = ?',
  // The plus keeps SQLite from taking the index that begins with the site.
  threads: `SELECT ${threadColumns} FROM thread WHERE t IN (SELECT value FROM json_each(?)) AND +site = ?`,
  listThreads: `SELECT ${threadColumns} FROM thread INDEXED BY thread_site WHERE site = ? AND t > ? ORDER BY t LIMIT ? + 0`,
  /** Which order and from where, {@link pageStart} tells. */
  pageFrom: (order: PageOrder) => pages[order],
  rows: `SELECT ${commentColumns} FROM json_each(?) j CROSS JOIN comment c ON c.t = ? AND c.id = j.value ${joinAuthor}
    WHERE c.site = ?`,
  row: `SELECT ${commentColumns} FROM comment c ${joinAuthor} WHERE c.t = ? AND c.id = ? AND c.site = ?`,
  mine: `SELECT ${commentColumns} FROM comment c INDEXED BY c_mine ${joinAuthor}
    WHERE c.t = ? AND c.u = ? AND c.st <> 4 AND c.site = ? ORDER BY c.id DESC LIMIT ? + 0`,
  listSite: `SELECT ${commentColumns} FROM comment c INDEXED BY c_site ${joinAuthor}
    WHERE c.site = ? AND c.st = 0 AND c.id < ? ORDER BY c.id DESC LIMIT ? + 0`,
  // The list of the index's condition has to be repeated: a bound value alone does not prove that it holds.
  listQueue: `SELECT ${commentColumns} FROM comment c INDEXED BY c_queue ${joinAuthor}
    WHERE c.site = ? AND c.st IN (1, 2) AND c.st = ? AND c.id > ? ORDER BY c.id LIMIT ? + 0`,
  listAuthor: `SELECT ${commentColumns} FROM comment c INDEXED BY c_author ${joinAuthor}
    WHERE c.site = ? AND c.u = ? AND c.id < ? ORDER BY c.id DESC LIMIT ? + 0`,
  scan: `SELECT ${commentColumns} FROM comment c ${joinAuthor}
    WHERE c.t = ? AND c.id > ? AND c.site = ? ORDER BY c.id LIMIT ? + 0`,
  revisions: `SELECT rev, src, by, at FROM revision
    WHERE t = ? AND id = ? AND EXISTS (SELECT 1 FROM thread WHERE t = ? AND +site = ?) ORDER BY rev`,
}

/** Behind every id: ids are ASCII, and this is not. */
export const behindAll = '\u{10ffff}'

const pages = { '>': pageSql('>'), '>=': pageSql('>='), '<': pageSql('<'), '<=': pageSql('<=') }

function pageSql(order: PageOrder): string {
  return `SELECT ${commentColumns} FROM comment c INDEXED BY c_tree ${joinAuthor}
    WHERE c.t = ? AND c.p = ? AND c.vis = 1 AND c.id ${order} ? AND c.site = ?
    ORDER BY c.id ${order.startsWith('<') ? 'DESC' : 'ASC'} LIMIT ? + 0`
}

/** Where a page begins and which way it is read. Without a place: from '' upwards or from {@link behindAll} downwards. */
export function pageStart(query: PageQuery): { readonly order: PageOrder; readonly start: string } {
  const { after, before, inclusive = false } = query
  const place = before ?? after
  const upwards = (query.sort === 'oldest') !== (before !== undefined)
  return {
    order: `${upwards ? '>' : '<'}${place && inclusive ? '=' : ''}`,
    start: place?.id ?? (upwards ? '' : behindAll),
  }
}
