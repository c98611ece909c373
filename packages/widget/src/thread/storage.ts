import type { OutboxItem, OutboxStorage } from '../client/outbox.ts'

/** A text that has not been sent. */
export interface Draft {
  readonly text: string
  /** Idempotency key of an attempt whose fate is unknown; only for this very text. */
  readonly key?: string
}

/** What a guest said of themselves. */
export interface KnownGuest {
  readonly name: string
  readonly email: string
}

/** What this browser keeps for one thread. Nothing is written before the reader types. */
export interface ThreadStorage {
  draft(place: string): Draft | null
  keepDraft(place: string, draft: Draft): void
  dropDraft(place: string): void
  guest(): (KnownGuest & { readonly kept: boolean }) | null
  /** Until the page is left, or on this device when they ask for it. */
  keepGuest(guest: KnownGuest, kept: boolean): void
  readonly outbox: OutboxStorage
}

/** Shorter drafts are not worth a note. */
const minDraftLength = 10
/** The same on all pages of a site. */
const guestKey = 'confab:guest'

/** @param name the thread's own: site and page */
export function createThreadStorage(name: string): ThreadStorage {
  const prefix = `confab:${name}:`
  const outboxPrefix = `${prefix}outbox:`
  /** What is too short to be stored, or cannot be, is kept as long as the page is open. */
  const open = new Map<string, Draft>()
  let lastGuest: KnownGuest | null = null
  return {
    draft: (place) => open.get(place) ?? read<Draft>(`${prefix}draft:${place}`),
    keepDraft(place, draft) {
      open.set(place, draft)
      write(`${prefix}draft:${place}`, draft.text.length >= minDraftLength ? draft : null)
    },
    dropDraft(place) {
      open.delete(place)
      write(`${prefix}draft:${place}`, null)
    },
    guest() {
      const kept = read<KnownGuest>(guestKey)
      const guest = lastGuest ?? kept
      return guest && { ...guest, kept: kept !== null }
    },
    keepGuest(guest, kept) {
      lastGuest = guest
      write(guestKey, kept ? guest : null)
    },
    outbox: {
      all: () => keys(outboxPrefix).flatMap((key) => read<OutboxItem>(key) ?? []),
      put: (item) => write(outboxPrefix + item.key, item),
      remove: (key) => write(outboxPrefix + key, null),
    },
  }
}

/** Storage may be full, forbidden, or hold what somebody else wrote: then it is as if it were empty. */
function attempt<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}

function read<T>(key: string): T | null {
  return attempt(() => JSON.parse(localStorage.getItem(key) ?? 'null') as T | null)
}

function write(key: string, value: object | null): void {
  attempt(() => (value ? localStorage.setItem(key, JSON.stringify(value)) : localStorage.removeItem(key)))
}

function keys(prefix: string): string[] {
  return attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) ?? []
}
