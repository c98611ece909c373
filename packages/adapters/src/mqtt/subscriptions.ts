import type { Bytes, Ms } from '@confab/core/ports'
import type { MqttClient } from './client.ts'
import { matchesFilter } from './topics.ts'

/** Requests under way at once when all subscriptions are made again. */
const atOnce = 200
const maxIdentifier = 268_435_455

type Listener = (topic: string, payload: Bytes) => void

interface Subscription {
  readonly filter: string
  readonly id: number
  qos: 0 | 1
  readonly listeners: Set<Listener>
}

/** The filters this process listens to, each once at the broker however many want it. */
export interface Subscriptions {
  /**
   * Answers with the way to stop. Waits for the broker only while it is there, and not for long.
   * @throws an error with the code `bus_refused` when the broker does not allow it
   */
  add(filter: string, on: Listener, qos: 0 | 1): Promise<() => Promise<void>>
  /** Asks the broker for all of them again; `false` when the connection was lost meanwhile. */
  renew(): Promise<boolean>
  deliver(topic: string, payload: Buffer, ids: number | number[] | undefined): void
  /** To everyone here who listens to this topic, after the call has returned. */
  deliverOwn(topic: string, payload: Buffer): void
  leaveAll(): Promise<void>
}

export function createSubscriptions(options: {
  readonly timeoutMs: Ms
  readonly client: () => MqttClient
  /** The broker took so long to subscribe that messages may have been missed. */
  readonly onMissed: () => void
  /** The broker did not allow again what it had allowed before. */
  readonly onRefused: (filter: string) => void
}): Subscriptions {
  const { client, timeoutMs } = options
  const byFilter = new Map<string, Subscription>()
  const byId = new Map<number, Subscription>()
  const withWildcards = new Set<Subscription>()
  let lastId = 0

  function nextId(): number {
    do lastId = (lastId % maxIdentifier) + 1
    while (byId.has(lastId))
    return lastId
  }

  /** Most filters are plain topics and are found without looking at the others. */
  function* matching(topic: string): Iterable<Subscription> {
    const exact = byFilter.get(topic)
    if (exact) yield exact
    for (const subscription of withWildcards) if (matchesFilter(subscription.filter, topic)) yield subscription
  }

  async function request({ filter, id, qos }: Subscription): Promise<void> {
    const { options: settings, serverProperties } = client()
    const is5 = settings.protocolVersion === 5
    // Where they are not to be had, messages are handed out by their topics, and may come twice.
    const hasIds = is5 && serverProperties?.subscriptionIdentifiersAvailable !== false
    const properties = hasIds ? { properties: { subscriptionIdentifier: id } } : {}
    await client().subscribeAsync(filter, { qos, ...(is5 && { nl: true }), ...properties })
  }

  async function ask(subscription: Subscription): Promise<void> {
    let isLate = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const asked = request(subscription)
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        isLate = true
        resolve()
      }, timeoutMs)
    })
    asked.then(
      () => isLate && options.onMissed(),
      () => undefined,
    )
    try {
      await Promise.race([asked, late])
    } catch (error) {
      // A connection that was lost meanwhile subscribes again by itself; only a refusal is final.
      if (client().connected && isRefusal(error)) throw error
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async add(filter, on, qos) {
      const listener: Listener = (topic, payload) => on(topic, payload)
      const present = byFilter.get(filter)
      const subscription = present ?? { filter, id: nextId(), qos, listeners: new Set() }
      const needsMore = qos > subscription.qos
      if (needsMore) subscription.qos = qos
      subscription.listeners.add(listener)
      byFilter.set(filter, subscription)
      byId.set(subscription.id, subscription)
      if (/[+#]/.test(filter)) withWildcards.add(subscription)

      const remove = (): boolean => {
        if (!subscription.listeners.delete(listener) || subscription.listeners.size > 0) return false
        byFilter.delete(filter)
        withWildcards.delete(subscription)
        return byId.delete(subscription.id)
      }
      if ((!present || needsMore) && client().connected) {
        try {
          await ask(subscription)
        } catch (error) {
          remove()
          throw Object.assign(new Error(`The broker does not allow to subscribe to ${filter}`, { cause: error }), {
            code: 'bus_refused',
          })
        }
      }
      return async () => {
        if (remove() && client().connected)
          await client()
            .unsubscribeAsync(filter)
            .catch(() => undefined)
      }
    },

    async renew() {
      const all = [...byFilter.values()]
      for (let from = 0; from < all.length; from += atOnce) {
        const some = all.slice(from, from + atOnce)
        const asked = await Promise.allSettled(some.map((subscription) => request(subscription)))
        for (const [index, { status }] of asked.entries()) {
          if (status === 'rejected' && client().connected) options.onRefused(some[index]?.filter ?? '')
        }
      }
      return client().connected
    },

    deliver(topic, payload, ids) {
      if (ids === undefined) {
        for (const subscription of matching(topic)) hand(subscription, topic, payload)
        return
      }
      for (const id of typeof ids === 'number' ? [ids] : ids) {
        const subscription = byId.get(id)
        if (subscription) hand(subscription, topic, payload)
      }
    },

    deliverOwn(topic, payload) {
      for (const subscription of matching(topic)) queueMicrotask(() => hand(subscription, topic, payload))
    },

    async leaveAll() {
      const filters = [...byFilter.keys()]
      byFilter.clear()
      byId.clear()
      withWildcards.clear()
      if (!client().connected) return
      await Promise.all(
        filters.map((filter) =>
          client()
            .unsubscribeAsync(filter)
            .catch(() => undefined),
        ),
      )
    },
  }
}

function hand(subscription: Subscription, topic: string, payload: Buffer): void {
  for (const on of subscription.listeners) {
    try {
      on(topic, new Uint8Array(payload))
    } catch (error) {
      // One listener does not keep the message from the others.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** The broker answered, and said no: a reason code of 128 or more. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && error.code >= 128
}
