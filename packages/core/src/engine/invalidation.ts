import type { Bytes, Logger, PubSub, ThreadRef } from '../ports/index.ts'

/** So a bus can spread the load; a process listens to all of them. */
const shards = 16
const prefix = 'c/1/inv'

/** Tells other processes which threads have changed, so that pages in their memory are not shown for its full second. */
export interface Invalidation {
  /** Begins to hear others. Waits for no broker that is away. */
  listen(): Promise<void>
  /** Never rejects: what is lost here, that second bounds. */
  say(ref: ThreadRef, ver: number): void
}

export function createInvalidation(options: {
  readonly bus: PubSub
  readonly logger: Logger
  readonly hear: (ref: ThreadRef, ver: number) => void
}): Invalidation {
  const { bus, logger, hear } = options
  return {
    async listen() {
      try {
        await bus.subscribe(`${prefix}/#`, (_topic, payload) => {
          const message = parse(payload)
          if (message) hear(message, message.ver)
        })
      } catch (error) {
        logger.warn('Changes in other processes are seen up to a second later', { error: String(error) })
      }
    },
    say({ site, thread }, ver) {
      const shard = (thread.codePointAt(thread.length - 1) ?? 0) % shards
      const payload = new TextEncoder().encode(JSON.stringify({ site, thread, ver }))
      bus.publish(`${prefix}/${shard}`, payload, { qos: 0, ttlMs: 1_000 }).catch(() => undefined)
    },
  }
}

function parse(payload: Bytes): (ThreadRef & { readonly ver: number }) | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (typeof value !== 'object' || value === null) return null
    const { site, thread, ver } = value as { readonly [field: string]: unknown }
    if (typeof site !== 'string' || typeof thread !== 'string' || !Number.isSafeInteger(ver)) return null
    return { site, thread, ver: Number(ver) }
  } catch {
    return null
  }
}
