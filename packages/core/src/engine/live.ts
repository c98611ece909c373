import type { Bytes, Clock, EventRow, Logger, Ms, PubSub, Store, ThreadRef } from '../ports/index.ts'
import type { LiveEvent } from './live-event.ts'
import { concatBytes, controlFrame, eventFrame } from './live-event.ts'

const ringSize = 256
const heartbeatMs: Ms = 25_000
/** News of one thread go out at once when it was quiet this long; otherwise together at the end of the window. */
const windowMs: Ms = 250
/** A bus subscription outlives the last local reader by this long. */
const lingerMs: Ms = 30_000
const maxCatchUp = 500

/** One reader's connection. */
export interface LiveSink {
  /** `false`: gone, or so slow that it must come again. */
  write(chunk: Bytes): boolean
  close(): void
}

/** What a long poll or a catch-up gets. */
export interface LiveNews {
  readonly ver: number
  /** Too much was missed: load the page again. */
  readonly reset: boolean
  readonly events: readonly LiveEvent[]
}

/** Carries events to the readers of this process, and to other processes where there is a bus. */
export interface LiveHub {
  /** After a commit. Never rejects: what is lost here, readers notice by the version and fetch. */
  publish(ref: ThreadRef, rows: readonly EventRow[]): Promise<void>
  /** Opens a stream behind `after`, or from now on when it is `null`. Answers with the way to leave. */
  open(ref: ThreadRef, after: number | null, sink: LiveSink): Promise<() => void>
  /** Events behind `after`, at once when there are any, otherwise after at most `waitMs`. */
  wait(ref: ThreadRef, after: number, waitMs: Ms, signal: AbortSignal): Promise<LiveNews>
  /** Ends every stream with a hint when to come again. */
  close(): void
}

interface Reader {
  readonly sink: LiveSink
  last: number
}

interface Room {
  readonly ref: ThreadRef
  readonly readers: Set<Reader>
  /** The newest events, without a gap, up to `head`. */
  ring: LiveEvent[]
  head: number
  /** Work on a room is done one after the other, so that versions arrive in order. */
  tail: Promise<void>
  flushTimer: ReturnType<typeof setTimeout> | null
  lastFlush: Ms
  leaveBus: (() => Promise<void>) | null
  lingerTimer: ReturnType<typeof setTimeout> | null
}

export interface LiveHubOptions {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly bus: PubSub | null
  /** Turns stored events into what readers may see. */
  readonly render: (ref: ThreadRef, rows: readonly EventRow[]) => Promise<LiveEvent[]>
}

/** The topic of a thread's events between processes. */
export function eventsTopic(ref: ThreadRef): string {
  return `c/1/${ref.site}/t/${ref.thread}/e`
}

/**
 * A room for each thread that somebody watches. The rule of versions makes it exact: a reader at n gets n + 1 next; what
 * is lower is dropped, and a gap is read from the store before anything behind it goes out.
 */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { store, clock, logger, bus } = options
  const rooms = new Map<string, Room>()
  let heartbeat: ReturnType<typeof setInterval> | null = null
  let closed = false

  bus?.onDrop(() => {
    for (const room of rooms.values()) void inOrder(room, () => pull(room))
  })

  function inOrder(room: Room, work: () => Promise<void>): Promise<void> {
    const next = room.tail.then(work).catch((error: unknown) => {
      logger.warn('Live events of a thread were delayed', { thread: room.ref.thread, error: String(error) })
    })
    room.tail = next
    return next
  }

  function enter(ref: ThreadRef): Room {
    const present = rooms.get(ref.thread)
    if (present) {
      if (present.lingerTimer !== null) clearTimeout(present.lingerTimer)
      present.lingerTimer = null
      return present
    }
    const room: Room = {
      ref,
      readers: new Set(),
      ring: [],
      head: 0,
      tail: Promise.resolve(),
      flushTimer: null,
      lastFlush: 0,
      leaveBus: null,
      lingerTimer: null,
    }
    rooms.set(ref.thread, room)
    void inOrder(room, async () => {
      // The bus first: what arrives between the two is then known to be missing.
      if (bus) room.leaveBus = await bus.subscribe(eventsTopic(ref), (_topic, payload) => hear(room, payload))
      room.head = await store.ver(ref)
    })
    heartbeat ??= setInterval(beat, heartbeatMs)
    return room
  }

  function leave(room: Room, reader: Reader): void {
    if (!room.readers.delete(reader) || room.readers.size > 0) return
    if (room.lingerTimer !== null) clearTimeout(room.lingerTimer)
    room.lingerTimer = setTimeout(() => dispose(room), lingerMs)
    unref(room.lingerTimer)
  }

  function dispose(room: Room): void {
    if (room.readers.size > 0) return
    rooms.delete(room.ref.thread)
    if (room.flushTimer !== null) clearTimeout(room.flushTimer)
    void room.tail.then(() => room.leaveBus?.()).catch(() => undefined)
    if (rooms.size === 0 && heartbeat !== null) {
      clearInterval(heartbeat)
      heartbeat = null
    }
  }

  /** Another process says what happened, or only how far the thread is. */
  function hear(room: Room, payload: Bytes): void {
    void inOrder(room, async () => {
      const message = parseMessage(payload)
      if (!message) return
      if (message.events) await accept(room, message.events)
      else if (message.ver > room.head) await pull(room)
    })
  }

  async function accept(room: Room, events: readonly LiveEvent[]): Promise<void> {
    const fresh = events.filter((event) => event.ver > room.head)
    const [first] = fresh
    if (!first) return
    if (first.ver !== room.head + 1) {
      await pull(room)
      return
    }
    for (const event of fresh) {
      room.ring.push(event)
      room.head = event.ver
    }
    if (room.ring.length > ringSize) room.ring = room.ring.slice(-ringSize)
    scheduleFlush(room)
  }

  /** Reads what is missing from the store. */
  async function pull(room: Room): Promise<void> {
    const rows = await store.events.since(room.ref, room.head, maxCatchUp)
    if (rows === 'gone' || rows.length >= maxCatchUp) {
      room.head = await store.ver(room.ref)
      room.ring = []
      for (const reader of room.readers) tell(room, reader, controlFrame('reset', room.head), room.head)
      return
    }
    const events = await options.render(room.ref, rows)
    for (const event of events) {
      if (event.ver <= room.head) continue
      room.ring.push(event)
      room.head = event.ver
    }
    room.ring = room.ring.slice(-ringSize)
    if (events.length > 0) scheduleFlush(room)
  }

  function scheduleFlush(room: Room): void {
    if (room.flushTimer !== null) return
    const wait = Math.max(0, room.lastFlush + windowMs - clock.now())
    if (wait === 0) flush(room)
    else room.flushTimer = setTimeout(() => flush(room), wait)
  }

  /** Most readers stand at the same version and share one buffer. */
  function flush(room: Room): void {
    room.flushTimer = null
    room.lastFlush = clock.now()
    const chunks = new Map<number, Bytes>()
    for (const reader of room.readers) {
      if (reader.last >= room.head) continue
      let chunk = chunks.get(reader.last)
      if (!chunk) {
        chunk = concatBytes(room.ring.filter((event) => event.ver > reader.last).map(eventFrame))
        chunks.set(reader.last, chunk)
      }
      tell(room, reader, chunk, room.head)
    }
  }

  function tell(room: Room, reader: Reader, chunk: Bytes, ver: number): void {
    reader.last = ver
    if (reader.sink.write(chunk)) return
    leave(room, reader)
    reader.sink.close()
  }

  function beat(): void {
    for (const room of rooms.values()) {
      void inOrder(room, async () => {
        if ((await store.ver(room.ref)) > room.head) await pull(room)
        const frame = controlFrame('ver', room.head)
        for (const reader of room.readers) if (reader.last === room.head) tell(room, reader, frame, room.head)
      })
    }
  }

  async function newsSince(room: Room, after: number): Promise<LiveNews> {
    if (after > room.head) await pull(room)
    if (after >= room.head) return { ver: room.head, reset: false, events: [] }
    const [oldest] = room.ring
    if (oldest && oldest.ver <= after + 1) {
      return { ver: room.head, reset: false, events: room.ring.filter((event) => event.ver > after) }
    }
    const rows = await store.events.since(room.ref, after, maxCatchUp)
    if (rows === 'gone' || rows.length >= maxCatchUp) return { ver: room.head, reset: true, events: [] }
    const events = await options.render(room.ref, rows)
    const last = events.at(-1)
    return { ver: Math.max(room.head, last?.ver ?? 0), reset: false, events }
  }

  return {
    async publish(ref, rows) {
      const room = rooms.get(ref.thread)
      if (!room && !bus) return
      try {
        const events = await options.render(
          ref,
          rows.filter((row) => row.ver !== null),
        )
        if (events.length === 0) return
        if (room) await inOrder(room, () => accept(room, events))
        await bus?.publish(eventsTopic(ref), formatMessage(events), { qos: 0, ttlMs: 30_000 })
      } catch (error) {
        logger.warn('Live events of a thread were not published', { thread: ref.thread, error: String(error) })
      }
    },

    async open(ref, after, sink) {
      const room = enter(ref)
      const reader: Reader = { sink, last: Number.MAX_SAFE_INTEGER }
      room.readers.add(reader)
      await inOrder(room, async () => {
        if (closed) return
        const news = await newsSince(room, after ?? room.head)
        const frames = news.events.map(eventFrame)
        if (news.reset) frames.push(controlFrame('reset', news.ver))
        else if (frames.length === 0) frames.push(controlFrame('ver', news.ver))
        tell(room, reader, concatBytes(frames), Math.max(news.ver, room.head))
      })
      return () => leave(room, reader)
    },

    async wait(ref, after, waitMs, signal) {
      const room = enter(ref)
      let wake = (): void => undefined
      const news = new Promise<void>((resolve) => {
        wake = resolve
      })
      const reader: Reader = { sink: { write: () => (wake(), true), close: () => wake() }, last: after }
      room.readers.add(reader)
      const timer = setTimeout(wake, waitMs)
      signal.addEventListener('abort', wake, { once: true })
      try {
        let answer: LiveNews = { ver: after, reset: false, events: [] }
        const look = async (): Promise<void> => {
          answer = await newsSince(room, after)
        }
        await inOrder(room, look)
        if (answer.events.length === 0 && !answer.reset && !closed) {
          await news
          await inOrder(room, look)
        }
        return answer
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        leave(room, reader)
      }
    },

    close() {
      closed = true
      if (heartbeat !== null) clearInterval(heartbeat)
      heartbeat = null
      for (const room of rooms.values()) {
        for (const reader of room.readers) {
          // Not all at once: the readers of a stopped process would all knock at the next one in the same second.
          reader.sink.write(controlFrame('bye', room.head, 1000 + Math.random() * 2000))
          reader.sink.close()
        }
        room.readers.clear()
        if (room.lingerTimer !== null) clearTimeout(room.lingerTimer)
        dispose(room)
      }
    },
  }
}

function formatMessage(events: readonly LiveEvent[]): Bytes {
  const full = new TextEncoder().encode(JSON.stringify({ events }))
  if (full.length <= 16_384) return full
  return new TextEncoder().encode(JSON.stringify({ ver: events.at(-1)?.ver ?? 0 }))
}

function parseMessage(payload: Bytes): { ver: number; events: LiveEvent[] | null } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    if (typeof value !== 'object' || value === null) return null
    if ('events' in value && Array.isArray(value.events)) {
      const events = value.events.filter(isLiveEvent)
      return { ver: events.at(-1)?.ver ?? 0, events }
    }
    return 'ver' in value && typeof value.ver === 'number' ? { ver: value.ver, events: null } : null
  } catch {
    return null
  }
}

function isLiveEvent(value: unknown): value is LiveEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ver' in value &&
    typeof value.ver === 'number' &&
    'type' in value &&
    typeof value.type === 'string' &&
    'view' in value &&
    typeof value.view === 'object' &&
    value.view !== null
  )
}

/** A timer that only tidies up must not keep a process alive. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
