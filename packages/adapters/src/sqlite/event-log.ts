import type { EventLog, EventRow, Ms, ThreadRef } from '@confab/core/ports'
import { byAge, pruneAtOnce, sql, unbroken } from '../sql/events.ts'
import { text, toEventRow } from '../sql/rows.ts'
import type { Database } from './database.ts'
import { findVer } from './queries.ts'
import type { Writer } from './writer.ts'

export function eventLog(db: Database, writer: Writer): EventLog {
  return {
    since: (ref, ver, limit) => db.attempt(() => eventsSince(db, ref, ver, limit)),
    async claim({ limit, leaseMs, now, before }) {
      const claimable = () => db.all(sql.claimable, before, now, limit).map((row) => text(row[0]))
      // Most of the time there is nothing to do, and finding that out takes no write lock.
      if ((await db.attempt(claimable)).length === 0) return []
      return writer.write(() => {
        const ids = JSON.stringify(claimable())
        db.run(sql.claim, now + leaseMs, ids)
        return db.all(sql.events, ids).map(toEventRow).sort(byAge)
      })
    },
    async done(ids) {
      await writer.write(() => db.run(sql.done, JSON.stringify(ids)))
    },
  }
}

function eventsSince(db: Database, ref: ThreadRef, ver: number, limit: number): EventRow[] | 'gone' {
  const present = findVer(db, ref)
  const found = db.all(sql.since, ref.thread, ver, ref.site, limit).map(toEventRow)
  return unbroken(found, ver, present, limit)
}

export async function pruneOld(
  db: Database,
  writer: Writer,
  limits: { readonly keysBefore: Ms; readonly eventsBefore: Ms },
): Promise<void> {
  const pruneAll = async (statement: string, before: Ms) => {
    let removed
    do removed = await writer.write(() => db.run(statement, before))
    while (removed === pruneAtOnce)
  }
  await pruneAll(sql.pruneKeys, limits.keysBefore)
  await pruneAll(sql.pruneEvents, limits.eventsBefore)
}
