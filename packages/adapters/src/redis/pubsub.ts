import { clearTimeout, setTimeout } from 'node:timers'
import type { Bytes, Ms, PubSub } from '@confab/core/ports'
import type { RedisClient, RedisSource } from './client.ts'
import type { LinkOptions } from './link.ts'
import { createLink } from './link.ts'

/** Between two tries to find out whether Redis is back. */
const retryMs: Ms = 500

/** The part of an ioredis client that the bus uses beside what every adapter does. */
export interface RedisBusClient extends RedisClient {
  publish(channel: string, message: Buffer): Promise<unknown>
  subscribe(...channels: string[]): Promise<unknown>
  unsubscribe(...channels: string[]): Promise<unknown>
  psubscribe(...patterns: string[]): Promise<unknown>
  punsubscribe(...patterns: string[]): Promise<unknown>
  /** Another connection to the same place: one that listens can do nothing else. */
  duplicate(): RedisBusClient
}

export interface RedisPubSubOptions extends Pick<LinkOptions, 'logger' | 'restMs'> {
  /** In front of every channel. @default 'confab:' */
  readonly prefix?: string
  /** Longest wait until Redis has taken a message, in ms. @default 1000 */
  readonly timeoutMs?: Ms
}

type Listener = (topic: string, payload: Bytes) => void

/**
 * The bus between processes over Redis, for those who have Redis and no broker. It opens a second connection to listen
 * with. In a Cluster every message goes to every node. Quality and life time of a message are not known to Redis.
 *
 * @param client an ioredis client of yours, which you close, or a function that makes one, which `close` ends
 *
 * @example
 * const bus = redisPubSub(() => new Redis('redis://127.0.0.1:6379'))
 * const stop = await bus.subscribe('site/blog/#', (topic) => console.log(topic))
 */
export function redisPubSub(client: RedisSource<RedisBusClient>, options: RedisPubSubOptions = {}): PubSub {
  const { prefix = 'confab:', timeoutMs = 1_000, ...rest } = options
  const filters = new Map<string, Set<Listener>>()
  const dropped: (() => void)[] = []
  let made: RedisBusClient | null = null
  let ears: RedisBusClient | null = null
  let closed = false
  let retry: ReturnType<typeof setTimeout> | null = null
  let watch: ReturnType<typeof setTimeout> | null = null

  // Speaking and listening share what is made, whichever comes first.
  const source = typeof client === 'function' ? () => (made ??= client()) : client
  const link = createLink<RedisBusClient>(source, { ...rest, timeoutMs })

  function assertOpen(): void {
    if (closed) throw Object.assign(new Error('The bus is closed'), { code: 'bus_closed' })
  }

  function listen(): RedisBusClient {
    if (ears) return ears
    ears = (typeof source === 'function' ? source() : source).duplicate()
    ears.on('error', () => undefined)
    ears.on('messageBuffer', (channel, message) => hear(String(channel), message))
    ears.on('pmessageBuffer', (pattern, channel, message) => hearBelow(String(pattern), String(channel), message))
    ears.on('ready', () => void comeBack())
    // A Cluster does not say when the node it listens at was replaced, only that one is gone.
    ears.on('-node', () => void comeBack())
    return ears
  }

  /** An exact channel, which is also the upper end of a filter: as in MQTT, `a/#` also matches `a` itself. */
  function hear(channel: string, message: unknown): void {
    const topic = channel.slice(prefix.length)
    deliver(filters.get(topic), topic, message)
    deliver(filters.get(`${topic}/#`), topic, message)
  }

  function hearBelow(pattern: string, channel: string, message: unknown): void {
    for (const [filter, listeners] of filters) {
      if (patternOf(filter) === pattern) deliver(listeners, channel.slice(prefix.length), message)
    }
  }

  function deliver(listeners: ReadonlySet<Listener> | undefined, topic: string, message: unknown): void {
    if (!(message instanceof Uint8Array)) return
    for (const on of listeners ?? []) {
      try {
        on(topic, new Uint8Array(message))
      } catch (error) {
        // One listener does not keep the message from the others.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** The channel and the pattern that a filter needs. */
  function channelOf(filter: string): string | null {
    if (filter === '#') return null
    return prefix + (filter.endsWith('/#') ? filter.slice(0, -2) : filter)
  }

  function patternOf(filter: string): string | null {
    if (filter === '#') return `${escapeGlob(prefix)}*`
    return filter.endsWith('/#') ? `${escapeGlob(prefix + filter.slice(0, -1))}*` : null
  }

  async function subscribeTo(wanted: Iterable<string>): Promise<void> {
    const all = [...wanted]
    const channels = all.map(channelOf).filter((channel) => channel !== null)
    const patterns = all.map(patternOf).filter((pattern) => pattern !== null)
    const here = listen()
    await Promise.all([
      channels.length > 0 && here.subscribe(...new Set(channels)),
      patterns.length > 0 && here.psubscribe(...new Set(patterns)),
    ])
  }

  /** Whatever was said while the connection was away is lost; who listens may look for it once it is surely back. */
  async function comeBack(): Promise<void> {
    if (closed || filters.size === 0) return
    try {
      await subscribeTo(filters.keys())
      tellDropped()
    } catch {
      retry ??= setTimeout(() => {
        retry = null
        if (ears?.status === 'ready') void comeBack()
      }, retryMs).unref()
    }
  }

  /** What is said into nothing is lost too, and who said it may say it again once somebody listens. */
  function awaitReturn(): void {
    if (!closed) watch ??= setTimeout(() => void look(), retryMs).unref()
  }

  async function look(): Promise<void> {
    watch = null
    const outcome = await link.insist((redis) => redis.publish(prefix, Buffer.alloc(0)))
    if (outcome.ok) tellDropped()
    else awaitReturn()
  }

  function tellDropped(): void {
    if (closed) return
    for (const listener of dropped) listener()
  }

  async function leave(filter: string): Promise<void> {
    const channel = channelOf(filter)
    const pattern = patternOf(filter)
    const others = [...filters.keys()]
    if (ears?.status !== 'ready') return
    await Promise.all([
      channel !== null && !others.some((other) => channelOf(other) === channel) && ears.unsubscribe(channel),
      pattern !== null && ears.punsubscribe(pattern),
    ])
  }

  return {
    async publish(topic, payload) {
      assertOpen()
      const message = Buffer.from(payload)
      const outcome = await link.ask((redis) => redis.publish(prefix + topic, message))
      if (outcome.ok) return
      awaitReturn()
      throw Object.assign(new Error('Redis cannot be reached', { cause: outcome.error }), { code: 'bus_offline' })
    },

    async subscribe(filter, on) {
      assertOpen()
      const listeners = filters.get(filter) ?? new Set()
      const listener: Listener = (topic, payload) => on(topic, payload)
      listeners.add(listener)
      filters.set(filter, listeners)
      // While Redis is away nobody waits for it: it is done when the connection is there.
      if (listen().status === 'ready') await subscribeTo([filter]).catch(() => comeBack())
      return async () => {
        if (!listeners.delete(listener) || listeners.size > 0 || closed) return
        filters.delete(filter)
        await leave(filter).catch(() => undefined)
      }
    },

    onDrop: (listener) => void dropped.push(listener),

    close() {
      closed = true
      filters.clear()
      for (const timer of [retry, watch]) if (timer !== null) clearTimeout(timer)
      ears?.disconnect()
      link.close()
      made?.disconnect()
      return Promise.resolve()
    },
  }
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, '\\$&')
}
