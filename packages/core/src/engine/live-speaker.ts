import type { Bytes, Clock, Logger, Ms, PubSub, ThreadRef } from '../ports/index.ts'
import type { LiveEvent } from './live-event.ts'
import { eventsTopic, formatMessage, formatVersion } from './live-message.ts'

/** A broker that stands still takes messages and loses them, until after so long that is noticed. */
const doubtMs: Ms = 60_000
/** Threads remembered at once; some 200 bytes each. */
const maxSaid = 10_000
const lifeMs: Ms = 30_000

/** Tells other processes what happened here, and tells them again what they may not have heard. */
export interface LiveSpeaker {
  /** Never rejects. */
  say(ref: ThreadRef, events: readonly LiveEvent[]): Promise<void>
}

interface Said {
  readonly ref: ThreadRef
  readonly ver: number
  readonly at: Ms
  readonly isLost: boolean
}

/**
 * Readers of another process that never lost the bus do not know that this one did. So when it is back, the version of
 * each thread is said again of which something was lost, or may have been; whoever is behind it reads the rest from the
 * store.
 */
export function createLiveSpeaker(options: {
  readonly bus: PubSub
  readonly clock: Clock
  readonly logger: Logger
}): LiveSpeaker {
  const { bus, clock, logger } = options
  /** What was last said of each thread, the one longest ago first. */
  const said = new Map<string, Said>()
  let isLoggedOff = false

  bus.onDrop(() => {
    isLoggedOff = false
    const since = clock.now() - doubtMs
    for (const { ref, ver, at, isLost } of said.values()) {
      if (isLost || at >= since) void send(ref, ver, formatVersion(ver))
    }
  })

  async function send(ref: ThreadRef, ver: number, message: Bytes): Promise<void> {
    try {
      await bus.publish(eventsTopic(ref), message, { qos: 0, ttlMs: lifeMs })
      remember(ref, ver, false)
    } catch (error) {
      remember(ref, ver, true)
      if (isLoggedOff) return
      isLoggedOff = true
      logger.warn('Other processes do not hear of new events until the bus is back', { error: String(error) })
    }
  }

  function remember(ref: ThreadRef, ver: number, isLost: boolean): void {
    const known = said.get(ref.thread)
    if (known && known.ver > ver) return
    said.delete(ref.thread)
    said.set(ref.thread, { ref, ver, at: clock.now(), isLost })
    const since = clock.now() - doubtMs
    for (const [thread, oldest] of said) {
      if (said.size <= maxSaid && (oldest.isLost || oldest.at >= since)) return
      said.delete(thread)
    }
  }

  return {
    async say(ref, events) {
      await send(ref, events.at(-1)?.ver ?? 0, formatMessage(events))
    },
  }
}
