import type { EventLog, EventRow, Id, Ms, ThreadRef } from '../ports/index.ts'
import { findThread } from './queries.ts'
import type { MemoryState, StoredEvent } from './state.ts'

export function eventsSince(state: MemoryState, ref: ThreadRef, ver: number, limit: number): EventRow[] | 'gone' {
  const thread = findThread(state, ref)
  if (!thread) return []
  const found = state.events
    .map(({ row }) => row)
    .filter((row) => row.thread === ref.thread && row.ver !== null && row.ver > ver)
    .slice(0, limit)
  const expected = Math.max(0, Math.min(limit, thread.row.ver - ver))
  const unbroken = found.length === expected && found.every((row, i) => row.ver === ver + 1 + i)
  return unbroken ? found.map((row) => ({ ...row })) : 'gone'
}

export function claimEvents(state: MemoryState, options: Parameters<EventLog['claim']>[0]): EventRow[] {
  const { limit, leaseMs, now, before } = options
  const claimed = state.events
    .filter((event) => !event.done && event.leasedUntil <= now && event.row.at < before)
    .sort(byAge)
    .slice(0, limit)
  for (const event of claimed) event.leasedUntil = now + leaseMs
  return claimed.map(({ row }) => ({ ...row }))
}

export function markDone(state: MemoryState, ids: readonly Id[]): void {
  const delivered = new Set(ids)
  for (const event of state.events) if (delivered.has(event.row.id)) event.done = true
}

export function pruneState(state: MemoryState, limits: { readonly keysBefore: Ms; readonly eventsBefore: Ms }): void {
  state.events = state.events.filter((event) => !event.done || event.row.at >= limits.eventsBefore)
  for (const thread of state.threads.values()) {
    for (const [key, stored] of thread.keys) if (stored.at < limits.keysBefore) thread.keys.delete(key)
  }
}

function byAge(a: StoredEvent, b: StoredEvent): number {
  return a.row.at - b.row.at || (a.row.id < b.row.id ? -1 : 1)
}
