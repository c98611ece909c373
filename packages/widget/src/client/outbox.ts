import { isPassing, toClientError } from './errors.ts'
import type { GuestDetails } from './create-client.ts'
import type { ClientError } from './errors.ts'

/** A text on its way to the server. It is kept until it has arrived or its author takes it back. */
export interface OutboxItem {
  /** Idempotency key: however often it is sent, it is written once. */
  readonly key: string
  readonly body: string
  readonly parent: string | null
  readonly guest: GuestDetails | null
  /** When its author sent it, epoch ms. */
  readonly at: number
  /** `waiting`: it will be sent again at `retryAt`; `failed`: only its author can go on. */
  readonly state: 'sending' | 'waiting' | 'failed'
  readonly error: ClientError | null
  /** Epoch ms. */
  readonly retryAt: number | null
}

/** Where an outbox survives a reload. Two tabs may share one. */
export interface OutboxStorage {
  all(): readonly OutboxItem[]
  put(item: OutboxItem): void
  remove(key: string): void
}

/** What {@link createOutbox} needs. */
export interface OutboxOptions {
  /** Sends one item; throws `ClientError`. */
  readonly send: (item: OutboxItem) => Promise<void>
  readonly onChange: (items: readonly OutboxItem[]) => void
  readonly storage?: OutboxStorage
}

/** The texts on their way to the server. */
export interface Outbox {
  readonly items: readonly OutboxItem[]
  add(item: Pick<OutboxItem, 'key' | 'body' | 'parent' | 'guest'>): void
  retry(key: string): void
  drop(key: string): void
  /** Sends what waits now: the network is back. */
  wake(): void
  close(): void
}

/** Waits longer than this are left to the author, ms. */
const maxWaitMs = 120_000
/** What was sent longer ago than this is not sent by itself after a reload, ms. */
const staleMs = 10 * 60_000

/**
 * Sends texts until they have arrived, each under one key. No answer, 429 and 5xx are tried again after a growing pause
 * or the one that the server asked for; any other refusal waits for the author.
 */
export function createOutbox({ send, onChange, storage }: OutboxOptions): Outbox {
  let items: readonly OutboxItem[] = []
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const attempts = new Map<string, number>()
  let closed = false

  function set(next: readonly OutboxItem[]): void {
    items = next
    onChange(items)
  }

  function update(key: string, part: Partial<OutboxItem>): void {
    set(items.map((item) => (item.key === key ? { ...item, ...part } : item)))
  }

  function stop(key: string): void {
    clearTimeout(timers.get(key))
    timers.delete(key)
  }

  async function attempt(key: string): Promise<void> {
    stop(key)
    const item = items.find((other) => other.key === key)
    if (!item) return
    update(key, { state: 'sending', retryAt: null })
    try {
      await send(item)
      drop(key)
    } catch (thrown) {
      // It stays in the storage, for the next visit.
      if (closed) return
      const error = toClientError(thrown)
      const tries = (attempts.get(key) ?? 0) + 1
      attempts.set(key, tries)
      const pause = error.retryAfterMs ?? Math.min(2 ** tries, 60) * 1000 * (0.5 + Math.random() / 2)
      if (!isPassing(error) || pause > maxWaitMs) return update(key, { state: 'failed', error })
      update(key, { state: 'waiting', error, retryAt: Date.now() + pause })
      timers.set(
        key,
        setTimeout(() => void attempt(key), pause),
      )
    }
  }

  function drop(key: string): void {
    stop(key)
    attempts.delete(key)
    storage?.remove(key)
    set(items.filter((item) => item.key !== key))
  }

  function start(): void {
    const now = Date.now()
    items = (storage?.all() ?? []).map((item) => ({ ...item, state: 'failed', error: null, retryAt: null }))
    for (const item of items) if (now - item.at < staleMs) void attempt(item.key)
  }

  start()
  return {
    get items() {
      return items
    },
    add(comment) {
      const item: OutboxItem = { ...comment, at: Date.now(), state: 'sending', error: null, retryAt: null }
      storage?.put(item)
      set([...items.filter((other) => other.key !== item.key), item])
      void attempt(item.key)
    },
    retry: (key) => void attempt(key),
    drop,
    wake() {
      for (const item of items) if (item.state === 'waiting') void attempt(item.key)
    },
    close() {
      closed = true
      for (const key of timers.keys()) stop(key)
    },
  }
}
