import type { EventLog, Ms } from '@confab/core/ports'
import { byAge, pruneAtOnce, sql as shared, unbroken } from '../sql/events.ts'
import { sql as queries } from '../sql/queries.ts'
import { eventColumns, number, toEventRow } from '../sql/rows.ts'
import type { Database } from './database.ts'
import { idList } from './json-rows.ts'

export const sql = {
  // One statement, so of several who claim at once each event goes to one.
  claim: `UPDATE event SET lease = ? WHERE id IN
    (SELECT id FROM event INDEXED BY e_age WHERE done = 0 AND at < ? AND lease <= ? ORDER BY at, id LIMIT ?)
    RETURNING ${eventColumns}`,
  pruneEvents: `${shared.pruneEvents} RETURNING at`,
  pruneKeys: `${shared.pruneKeys} RETURNING at`,
}

export function eventLog(db: Database): EventLog {
  return {
    async since(ref, ver, limit) {
      const [present = [], rows = []] = await db.batch([
        [queries.ver, ref.thread, ref.site],
        [shared.since, ref.thread, ver, ref.site, limit],
      ])
      const head = present[0] ? number(present[0][0]) : 0
      return unbroken(rows.map(toEventRow), ver, head, limit)
    },
    async claim({ limit, leaseMs, now, before }) {
      const claimed = await db.all(sql.claim, now + leaseMs, before, now, limit)
      return claimed.map(toEventRow).sort(byAge)
    },
    async done(ids) {
      if (ids.length > 0) await db.all(shared.done, idList(ids))
    },
  }
}

export async function pruneOld(
  db: Database,
  limits: { readonly keysBefore: Ms; readonly eventsBefore: Ms },
): Promise<void> {
  const pruneAll = async (statement: string, before: Ms): Promise<void> => {
    while ((await db.all(statement, before)).length === pruneAtOnce);
  }
  await pruneAll(sql.pruneKeys, limits.keysBefore)
  await pruneAll(sql.pruneEvents, limits.eventsBefore)
}
