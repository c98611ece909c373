import type { EventLog, EventRow, Ms, ThreadRef } from '@confab/core/ports'
import { find, findVer } from './queries.ts'
import { amount, key, keys, text, toEvent } from './rows.ts'
import { index } from './schema.ts'
import type { Access, Runner } from './transact.ts'

export const eventFinds = {
  since: (ref: ThreadRef, ver: number, limit: number) => ({
    // Events that readers do not see hold a string in `ver`: a range of numbers passes them by.
    filter: { t: key(ref.thread), ver: { $gt: amount(ver) }, site: key(ref.site) },
    hint: index.eventVersion,
    sort: { ver: 1 } as const,
    limit: amount(limit),
  }),
  claimable: (now: Ms, before: Ms, limit: number) => ({
    filter: { todo: 1, at: { $lt: amount(before) }, lease: { $lte: amount(now) } },
    hint: index.eventTodo,
    sort: { at: 1, _id: 1 } as const,
    limit: amount(limit),
  }),
}

export function eventLog(runner: Runner): EventLog {
  return {
    since: (ref, ver, limit) => runner.run((access) => eventsSince(access, ref, ver, limit)),
    claim: (options) => runner.run((access) => claimEvents(access, options)),
    async done(ids) {
      if (ids.length === 0) return
      // `net` starts the time after which the server itself forgets the event, should nobody call `prune`.
      const update = { $set: { done: 1, net: new Date() }, $unset: { todo: '', lease: '', claim: '' } }
      await runner.run(({ db, session }) =>
        db.collection('events').updateMany({ _id: { $in: keys(ids) }, todo: 1 }, update, { session, hint: index.id }),
      )
    },
  }
}

async function eventsSince(access: Access, ref: ThreadRef, ver: number, limit: number): Promise<EventRow[] | 'gone'> {
  const present = await findVer(access, ref)
  const found = (await find(access, 'events', eventFinds.since(ref, ver, limit))).map(toEvent)
  // Between the two reads some may have been added, never one taken the place of another.
  const isWhole = found.length >= Math.min(limit, present - ver)
  return isWhole && found.every((event, i) => event.ver === ver + 1 + i) ? found : 'gone'
}

/**
 * The mark decides: of several who saw the same events, each event keeps the mark of the first. Who lost some looks for
 * others, until there are enough or none.
 */
async function claimEvents(access: Access, options: Parameters<EventLog['claim']>[0]): Promise<EventRow[]> {
  const { limit, leaseMs, now, before } = options
  const { db, session } = access
  const claim = crypto.randomUUID()
  const mine: EventRow[] = []
  while (mine.length < limit) {
    const query = eventFinds.claimable(now, before, limit - mine.length)
    const found = await find(access, 'events', { ...query, projection: { _id: 1 } })
    if (found.length === 0) break
    const filter = { _id: { $in: found.map((doc) => text(doc['_id'])) } }
    const update = { $set: { lease: now + leaseMs, claim } }
    const free = { ...filter, todo: 1, lease: { $lte: now } }
    await db.collection('events').updateMany(free, update, { session, hint: index.id })
    mine.push(...(await find(access, 'events', { filter: { ...filter, claim }, hint: index.id })).map(toEvent))
    if (leaseMs <= 0) break
  }
  return mine.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** @returns nothing; repeating it is harmless */
export async function pruneOld(
  { db, session }: Access,
  limits: { readonly keysBefore: Ms; readonly eventsBefore: Ms },
): Promise<void> {
  const keysAt = { at: { $lt: amount(limits.keysBefore) } }
  await db.collection('idem').deleteMany(keysAt, { session, hint: index.keyAge })
  const eventsAt = { done: 1, at: { $lt: amount(limits.eventsBefore) } }
  await db.collection('events').deleteMany(eventsAt, { session, hint: index.eventDone })
}
