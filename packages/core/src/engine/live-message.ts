import type { Bytes, ThreadRef } from '../ports/index.ts'
import type { LiveEvent } from './live-event.ts'

/** Longer messages burden a broker more than a look into the store does. */
const maxMessageBytes = 16_384

/** The topic of a thread's events between processes. */
export function eventsTopic(ref: ThreadRef): string {
  return `c/1/${ref.site}/t/${ref.thread}/e`
}

/** Events as one message; only how far the thread is where they are too long for that. */
export function formatMessage(events: readonly LiveEvent[]): Bytes {
  const full = new TextEncoder().encode(JSON.stringify({ events }))
  return full.length <= maxMessageBytes ? full : formatVersion(events.at(-1)?.ver ?? 0)
}

/** How far a thread is, for whoever may have missed what happened. */
export function formatVersion(ver: number): Bytes {
  return new TextEncoder().encode(JSON.stringify({ ver }))
}

/** `null` for anything that was not made here. */
export function parseMessage(payload: Bytes): { ver: number; events: LiveEvent[] | null } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (typeof value !== 'object' || value === null) return null
    if ('events' in value && Array.isArray(value.events)) {
      const events = value.events.filter(isLiveEvent)
      return { ver: events.at(-1)?.ver ?? 0, events }
    }
    return 'ver' in value && typeof value.ver === 'number' ? { ver: value.ver, events: null } : null
  } catch {
    return null
  }
}

function isLiveEvent(value: unknown): value is LiveEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ver' in value &&
    typeof value.ver === 'number' &&
    'type' in value &&
    typeof value.type === 'string' &&
    'revokes' in value &&
    typeof value.revokes === 'boolean' &&
    'view' in value &&
    typeof value.view === 'object' &&
    value.view !== null
  )
}
