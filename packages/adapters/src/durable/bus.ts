import type { Bytes, Ms, PubSub } from '@confab/core/ports'

/** What of a binding to Durable Objects is used. `DurableObjectNamespace` of Cloudflare's types fits. */
export interface TopicNamespace {
  getByName(name: string): {
    fetch(
      url: string,
      init: { method?: string; headers?: { [name: string]: string }; body?: Bytes },
    ): Promise<TopicAnswer>
  }
}

export interface TopicAnswer {
  readonly status: number
  readonly webSocket?: TopicListener | null
}

/** The end of a WebSocket that a Worker holds. */
export interface TopicListener {
  binaryType?: string
  accept(): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close' | 'error', listener: () => void): void
}

export interface DurableBusOptions {
  /**
   * `waitUntil` of `cloudflare:workers`. With it nobody who writes waits until readers have been told.
   * @default none: `publish` ends when they have been told
   */
  readonly waitUntil?: (work: Promise<unknown>) => void
}

/** A topic that does not answer in this time is given up: readers find out by the version. */
const publishMs: Ms = 5_000
const longestPauseMs: Ms = 30_000
/** Nobody but the object sees the address. */
const address = 'https://topic.invalid/'

/**
 * Messages between the requests of a Worker, wherever they run: one Durable Object for each topic, which hands a message
 * to all who listen. For `bus` of `createConfab` on Cloudflare: then a comment reaches open streams at once, and the store
 * is asked rarely.
 *
 * `topics` is the binding of {@link LiveTopic}, or a function that answers it. A subscription lives as long as the
 * request that made it, and connects again by itself. It is to one exact topic; filters reject.
 *
 * @example
 * import { waitUntil } from 'cloudflare:workers'
 * const bus = durableBus(env.TOPICS, { waitUntil })
 */
export function durableBus(topics: TopicNamespace | (() => TopicNamespace), options: DurableBusOptions = {}): PubSub {
  const dropListeners = new Set<() => void>()
  let closed = false

  function topicOf(name: string): ReturnType<TopicNamespace['getByName']> {
    return (typeof topics === 'function' ? topics() : topics).getByName(name)
  }

  function assertOpen(): void {
    if (closed) throw Object.assign(new Error('The bus is closed'), { code: 'bus_closed' })
  }

  async function send(topic: string, body: Bytes): Promise<void> {
    const { status } = await within(publishMs, topicOf(topic).fetch(address, { method: 'POST', body }))
    if (status !== 204) throw new Error(`The topic answered ${status}; bind LiveTopic of @confab/adapters/durable`)
  }

  async function connect(topic: string): Promise<TopicListener> {
    const { webSocket } = await topicOf(topic).fetch(address, { headers: { upgrade: 'websocket' } })
    if (!webSocket) throw new Error('The topic gave no WebSocket; bind LiveTopic of @confab/adapters/durable')
    // Newer runtimes would hand over blobs, whose bytes come later and so out of order.
    webSocket.binaryType = 'arraybuffer'
    return webSocket
  }

  return {
    async publish(topic, payload) {
      assertOpen()
      const sent = send(topic, payload.slice())
      if (options.waitUntil) options.waitUntil(sent.catch(() => undefined))
      else await sent
    },

    async subscribe(filter, on) {
      assertOpen()
      if (filter === '#' || filter.endsWith('/#')) {
        throw new TypeError('Each topic is an object of its own: subscribe to an exact one')
      }
      let socket: TopicListener | null = null
      let stopped = false

      function hear(fresh: TopicListener): void {
        socket = fresh
        let isOver = false
        const over = (): void => {
          if (isOver || stopped || closed) return
          isOver = true
          for (const listener of dropListeners) listener()
          void again()
        }
        fresh.addEventListener('message', ({ data }) => {
          if (!stopped && !closed && data instanceof ArrayBuffer) on(filter, new Uint8Array(data))
        })
        fresh.addEventListener('close', over)
        fresh.addEventListener('error', over)
        fresh.accept()
      }

      async function again(): Promise<void> {
        for (let pauseMs: Ms = 100; !stopped && !closed; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
          await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())))
          if (stopped || closed) return
          try {
            const fresh = await connect(filter)
            if (stopped) leave(fresh)
            else hear(fresh)
            return
          } catch {
            // Tried again after a longer pause.
          }
        }
      }

      async function stop(): Promise<void> {
        stopped = true
        if (socket) leave(socket)
      }

      hear(await connect(filter))
      if (closed) await stop()
      return stop
    },

    onDrop(listener) {
      dropListeners.add(listener)
    },

    async close() {
      // Subscriptions are not kept to be ended here: most of them end with their request, of which nobody says a word.
      closed = true
    },
  }
}

function leave(socket: TopicListener): void {
  try {
    socket.close(1000)
  } catch {
    // Closed already, or it belongs to a request that is over.
  }
}

async function within<T>(ms: Ms, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The topic did not answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
