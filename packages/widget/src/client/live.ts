import { withEvent } from './thread-event.ts'
import type { Client } from './create-client.ts'
import type { ThreadData } from './thread-data.ts'
import type { EventView } from '@confab/core'

/** How the line to the server is: `off`, being opened, open, or lost and being tried again. */
export type Connection = 'off' | 'connecting' | 'live' | 'lost'

/** The thread that a live connection brings up to date. */
export interface LiveTarget {
  readonly client: Pick<Client, 'events' | 'streamUrl'>
  /** The version that the reader has. */
  readonly ver: number
  /** Takes a step from what is loaded to what it is now; `own` when the reader asked for it. */
  change(step: (data: ThreadData) => ThreadData, own?: boolean): void
  /** From now on no answer may be older than this version. */
  atLeast(ver: number): void
  /** Loads what is loaded once more. */
  refresh(): Promise<void>
  connected(connection: Connection): void
}

/** What {@link followLive} can be told. */
export interface LiveOptions {
  /** Replaces the platform's `EventSource`; `null` for long polls only. */
  readonly eventSource?: (new (url: string) => EventSource) | null
}

/** A live connection. */
export interface Live {
  /** Opens the connection. The thread must be loaded. */
  start(): void
  /** Ends every request. `start` resumes where it stopped. */
  stop(): void
  /** Tries now instead of after the pause: the network is back. */
  wake(): void
}

const eventTypes = ['comment.created', 'comment.edited', 'comment.removed', 'thread.changed']
/** The server speaks at least every 25 s. A stream silent for longer than this is dead or held up on its way, ms. */
const silenceMs = 60_000
/** A stream that does not open in this time is given up, ms. */
const openMs = 10_000
const pollMs = 25_000
const maxPauseMs = 30_000

/**
 * Follows a thread: a stream of server-sent events, or long polls where a stream does not come through. An event at or
 * below the reader's version is dropped, the next one is handed on, a higher one means a gap, which is loaded.
 *
 * @example
 * const thread = openThread(client)
 * await thread.load()
 * const live = followLive(thread)
 * live.start()
 */
export function followLive(thread: LiveTarget, options: LiveOptions = {}): Live {
  const { client } = thread
  const Source = options.eventSource === undefined ? globalThis.EventSource : options.eventSource
  let running = false
  /** Streams that have ended without a word, in a row. After two of them, long polls. */
  let silentStreams = 0
  let pollFailed = false
  let failures = 0
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort = new AbortController()
  let healing: Promise<void> | null = null

  function connect(): void {
    clearTimeout(timer)
    if (!running) return
    if (Source && silentStreams < 2) stream(Source)
    else void poll()
  }

  function later(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(connect, ms)
  }

  function failed(): void {
    failures += 1
    // One lost connection is nothing to talk about: servers restart, phones change cells.
    thread.connected(failures > 2 ? 'lost' : 'connecting')
    later(Math.min(2 ** failures * 500, maxPauseMs) * (0.5 + Math.random()))
  }

  function worked(): void {
    failures = 0
    thread.connected('live')
  }

  function stream(Constructor: new (url: string) => EventSource): void {
    const own = new Constructor(client.streamUrl(thread.ver))
    source = own
    let heard = false

    function end(next: () => void): void {
      if (source !== own) return
      source = null
      own.close()
      if (!heard) silentStreams += 1
      next()
    }

    function listen(type: string, act: (data: unknown) => void): void {
      own.addEventListener(type, (message) => {
        if (source !== own) return
        if (!heard) worked()
        heard = true
        silentStreams = 0
        clearTimeout(timer)
        timer = setTimeout(() => end(failed), silenceMs)
        act(parse(message.data))
      })
    }

    timer = setTimeout(() => end(failed), openMs)
    for (const type of eventTypes) listen(type, (data) => data !== null && void take([data as EventView]))
    listen('ver', (data) => {
      if ((verOf(data) ?? 0) > thread.ver) void heal()
    })
    listen('reset', (data) => void reset(verOf(data) ?? 0))
    listen('bye', () => end(() => later(2000 + Math.random() * 4000)))
    // Resumed by hand: the browser's own try starts from its last id, which may be above a gap, and knows no jitter.
    own.addEventListener('error', () => end(failed))
  }

  async function poll(): Promise<void> {
    const { signal } = abort
    try {
      // After a failure it is asked for at once: whoever waits for news would hear only with them that the server is back.
      const news = await client.events(thread.ver, failures > 0 ? 0 : pollMs, signal)
      if (signal.aborted) return
      // The server itself was away, so its streams deserve another try.
      if (pollFailed) silentStreams = 1
      pollFailed = false
      worked()
      if (news.reset) await reset(news.ver)
      else await take(news.events)
      if (signal.aborted) return
      // An answer that brings nothing forward must not be asked for in a tight loop.
      later(news.events.length > 0 ? 0 : 1000)
    } catch {
      if (signal.aborted) return
      pollFailed = true
      failed()
    }
  }

  async function take(events: readonly EventView[]): Promise<void> {
    for (const event of events) {
      if (event.ver <= thread.ver) continue
      if (event.ver > thread.ver + 1) return await heal()
      receive(event)
    }
  }

  function receive(event: EventView): void {
    thread.change((data) => withEvent(data, event))
    // Its state, its title or many comments at once: only a new page tells.
    if (event.type === 'thread.changed') void reset(event.ver)
  }

  /** Loads what is missing. What arrives meanwhile is in the answer or is seen as the next gap. */
  function heal(): Promise<void> {
    healing ??= fill().finally(() => {
      healing = null
    })
    return healing
  }

  async function fill(): Promise<void> {
    const { signal } = abort
    try {
      const news = await client.events(thread.ver, 0, signal)
      if (signal.aborted) return
      if (news.reset) return await reset(news.ver)
      for (const event of news.events) {
        if (event.ver <= thread.ver) continue
        if (event.ver > thread.ver + 1) return await reset(event.ver)
        receive(event)
      }
    } catch {
      // The next heartbeat shows the gap again.
    }
  }

  async function reset(head: number): Promise<void> {
    thread.atLeast(head)
    // When it fails the thread stays behind, which the next heartbeat shows.
    await thread.refresh()
  }

  return {
    start() {
      if (running) return
      running = true
      abort = new AbortController()
      thread.connected('connecting')
      connect()
    },
    stop() {
      running = false
      clearTimeout(timer)
      source?.close()
      source = null
      abort.abort()
      thread.connected('off')
    },
    wake() {
      if (!running || failures === 0) return
      failures = 0
      abort.abort()
      abort = new AbortController()
      source?.close()
      source = null
      connect()
    },
  }
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text))
  } catch {
    return null
  }
}

function verOf(data: unknown): number | null {
  return (data as { ver?: number } | null)?.ver ?? null
}
