import type { Clock, EventRow, EventType, Logger, Ms, Store } from '../ports/index.ts'

const relayMs: Ms = 1_000
/** Younger events are left to the process that wrote them. */
const graceMs: Ms = 2_000
const leaseMs: Ms = 30_000
const batch = 200

/** Called at least once for each event, also after a crash; it must not mind being called twice. */
export type EventListener = (event: EventRow) => Promise<void>

/** Delivers stored events to durable listeners. */
export interface Outbox {
  /** The fast way: events of a commit that just ended. */
  dispatch(events: readonly EventRow[]): void
  /** Starts looking for what a crash or a failed listener left behind. */
  start(): void
  /**
   * Delivers once what waits, for whoever does not `start`. A listener that fails gets its event in a later round.
   * @throws whatever the store throws
   */
  runOnce(): Promise<void>
  /** Delivers what is under way, then stops. */
  stop(): Promise<void>
}

/**
 * Events are rows written in the same transaction as the change, so none can be lost; here they are handed out. Right
 * after the commit by the same process, otherwise by the relay, which claims them with a lease. A listener that fails
 * gets the event again when the lease has ended.
 */
export function createOutbox(options: {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly listeners: ReadonlyMap<EventType, readonly EventListener[]>
  /** Looks for what other processes left behind, and not only after its own. @default true */
  readonly relays?: boolean
  /** Gets events that their own process may not have told anybody about, before the listeners do. */
  readonly relayed?: EventListener
}): Outbox {
  const { store, clock, logger, listeners, relays = true, relayed } = options
  const running = new Set<Promise<void>>()
  /** Events that a listener of this process has in its hands, however long that takes. */
  const held = new Set<string>()
  const delivered: string[] = []
  let timer: ReturnType<typeof setTimeout> | null = null
  let stopped = false
  let started = false

  async function deliver(event: EventRow, first?: EventListener): Promise<void> {
    if (held.has(event.id)) return
    held.add(event.id)
    try {
      await first?.(event)
      for (const listener of listeners.get(event.type) ?? []) await listener(event)
      delivered.push(event.id)
    } catch (error) {
      logger.error('A listener failed and will get its event again', {
        event: event.id,
        type: event.type,
        error: String(error),
      })
    } finally {
      held.delete(event.id)
    }
  }

  function track(work: Promise<void>): void {
    running.add(work)
    void work.finally(() => running.delete(work))
  }

  /** Marks are gathered for a moment: one write for many events instead of one for each commit. */
  async function mark(): Promise<void> {
    while (delivered.length > 0) {
      const ids = delivered.splice(0, 1000)
      try {
        await store.events.done(ids)
      } catch (error) {
        delivered.unshift(...ids)
        throw error
      }
    }
  }

  /** Answers whether there may be more. */
  async function deliverClaimed(): Promise<boolean> {
    const now = clock.now()
    const events = await store.events.claim({ limit: batch, leaseMs, now, before: now - graceMs })
    for (const event of events) {
      // The rest is for another process, or for this one after it was started again.
      if (stopped) break
      await deliver(event, relayed)
    }
    await mark()
    return events.length === batch
  }

  async function relay(): Promise<void> {
    try {
      await mark()
      if (relays) await deliverClaimed()
    } catch (error) {
      logger.warn('The outbox could not be read and is tried again', { error: String(error) })
    }
  }

  function schedule(): void {
    if (stopped) return
    timer = setTimeout(() => track(relay().then(schedule)), relayMs)
  }

  return {
    dispatch(events) {
      // Before `start`, nothing marks events as delivered: they wait in the store.
      if (!started) return
      if (listeners.size === 0) {
        for (const event of events) delivered.push(event.id)
        return
      }
      track(Promise.all(events.map((event) => deliver(event))).then(() => undefined))
    },
    start() {
      if (started) return
      started = true
      schedule()
    },
    async runOnce() {
      while (!stopped && (await deliverClaimed()));
    },
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      await Promise.all(running)
      if (started)
        await mark().catch((error: unknown) => logger.warn('Delivered events stay unmarked', { error: String(error) }))
    },
  }
}
