import type { Bytes, PubSub } from '../ports/index.ts'

interface Subscription {
  readonly matches: (topic: string) => boolean
  readonly on: (topic: string, payload: Bytes) => void
}

/**
 * Messages within one process. Delivered in order, after the call of `publish` has returned, each subscriber with its
 * own copy. A subscriber that throws does not keep the message from the others; its error is reported as uncaught.
 *
 * @example
 * const bus = memoryPubSub()
 * const stop = await bus.subscribe('site/blog/#', (topic) => console.log(topic))
 * await bus.publish('site/blog/thread', new Uint8Array([1]))
 */
export function memoryPubSub(): PubSub {
  const subscriptions = new Set<Subscription>()
  let closed = false

  function assertOpen(): void {
    if (closed) throw Object.assign(new Error('The bus is closed'), { code: 'bus_closed' })
  }

  return {
    async publish(topic, payload) {
      assertOpen()
      for (const subscription of subscriptions) {
        if (!subscription.matches(topic)) continue
        const copy = payload.slice()
        queueMicrotask(() => {
          if (subscriptions.has(subscription)) subscription.on(topic, copy)
        })
      }
    },
    async subscribe(filter, on) {
      assertOpen()
      const subscription = { matches: matcher(filter), on }
      subscriptions.add(subscription)
      return async () => {
        subscriptions.delete(subscription)
      }
    },
    // One process never loses its connection to itself.
    onDrop() {},
    async close() {
      closed = true
      subscriptions.clear()
    },
  }
}

/** As in MQTT, `a/#` also matches `a` itself. */
function matcher(filter: string): (topic: string) => boolean {
  if (filter === '#') return () => true
  if (!filter.endsWith('/#')) return (topic) => topic === filter
  const parent = filter.slice(0, -2)
  return (topic) => topic === parent || topic.startsWith(`${parent}/`)
}
