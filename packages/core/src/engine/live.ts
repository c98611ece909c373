import type { Bytes, Clock, EventRow, Logger, Ms, PubSub, Store, ThreadRef } from '../ports/index.ts'
import type { LiveEvent } from './live-event.ts'
import { arrivalFrame, byeFrame, concatBytes, controlFrame, eventFrame } from './live-event.ts'
import { eventsTopic, parseMessage } from './live-message.ts'
import { createLiveSpeaker } from './live-speaker.ts'

const ringSize = 256
const heartbeatMs: Ms = 25_000
/** News of one thread go out at once when it was quiet this long; otherwise together at the end of the window. */
const windowMs: Ms = 250
/** Whoever comes learns of what this process did not hear of, but the store is not asked for each of a crowd. */
const checkMs: Ms = 1_000
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
  /**
   * Opens a stream behind `after`, or from now on when it is `null`. Answers with the way to leave. When the store does
   * not answer, the stream ends at once with the hint to come again.
   */
  open(ref: ThreadRef, after: number | null, sink: LiveSink): Promise<() => void>
  /**
   * Events behind `after`, at once when there are any, otherwise after at most `waitMs`.
   * @throws whatever the store throws
   */
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
  /** When the store was asked for `head` last; `null`: not yet. */
  checkedAt: Ms | null
  /** Work on a room is done one after the other, so that versions arrive in order. Never rejects. */
  tail: Promise<void>
  flushTimer: ReturnType<typeof setTimeout> | null
  lastFlush: Ms
  /** The way to leave the bus; `null` while it is not heard. */
  bus: Promise<() => Promise<void>> | null
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

/**
 * A room for each thread that somebody watches. The rule of versions makes it exact: a reader at n gets n + 1 next; what
 * is lower is dropped, and a gap is read from the store before anything behind it goes out.
 */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { store, clock, logger, bus } = options
  const speaker = bus && createLiveSpeaker({ bus, clock, logger })
  const rooms = new Map<string, Room>()
  let heartbeat: ReturnType<typeof setInterval> | null = null
  let closed = false

  bus?.onDrop(() => {
    for (const room of rooms.values()) void inOrder(room, () => catchUp(room))
  })

  function inOrder(room: Room, work: () => Promise<void>): Promise<void> {
    const done = room.tail.then(work)
    room.tail = done.catch((error: unknown) => {
      logger.warn('Live events of a thread were delayed', { thread: room.ref.thread, error: String(error) })
    })
    return done
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
      checkedAt: null,
      tail: Promise.resolve(),
      flushTimer: null,
      lastFlush: 0,
      bus: null,
      lingerTimer: null,
    }
    rooms.set(ref.thread, room)
    listen(room)
    heartbeat ??= setInterval(beat, heartbeatMs)
    return room
  }

  /** Hears other processes, where there are any. A broker that is away keeps no reader waiting. */
  function listen(room: Room): void {
    if (!bus || room.bus) return
    const joined = bus.subscribe(eventsTopic(room.ref), (_topic, payload) => hear(room, payload))
    room.bus = joined
    joined.then(
      // What was said until now was not heard.
      () => inOrder(room, () => catchUp(room)).catch(() => undefined),
      (error: unknown) => {
        room.bus = null
        logger.warn('Events of other processes are not heard; the store is asked for them every 25 seconds', {
          thread: room.ref.thread,
          error: String(error),
        })
      },
    )
  }

  /** Finds out where the thread is. */
  async function arrive(room: Room): Promise<void> {
    if (room.checkedAt === null) {
      const askedAt = clock.now()
      room.head = await store.ver(room.ref)
      room.checkedAt = askedAt
    } else if (clock.now() - room.checkedAt >= checkMs) await catchUp(room)
  }

  async function catchUp(room: Room): Promise<void> {
    if (room.checkedAt === null) return
    const askedAt = clock.now()
    if ((await store.ver(room.ref)) > room.head) await pull(room)
    room.checkedAt = askedAt
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
    void room.bus?.then((leaveBus) => leaveBus()).catch(() => undefined)
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
      else if (room.checkedAt !== null && message.ver > room.head) await pull(room)
    })
  }

  async function accept(room: Room, events: readonly LiveEvent[]): Promise<void> {
    if (room.checkedAt === null) return
    const fresh = events.filter((event) => event.ver > room.head)
    if (fresh.some((event, index) => event.ver !== room.head + 1 + index)) await pull(room)
    else await append(room, fresh)
  }

  /** Reads what is missing from the store. */
  async function pull(room: Room): Promise<void> {
    const events = await readSince(room, room.head)
    if (events) await append(room, events)
    else await reset(room)
  }

  async function append(room: Room, events: readonly LiveEvent[]): Promise<void> {
    const [oldest] = room.ring
    if (oldest && events.some((event) => event.revokes)) {
      // Whatever becomes of the reading: what may hold a text that is not public any more is never said again.
      room.ring = []
      room.ring = (await readSince(room, oldest.ver - 1)) ?? [...events]
    } else room.ring = [...room.ring, ...events]
    room.ring = room.ring.slice(-ringSize)
    const head = room.ring.at(-1)?.ver ?? 0
    if (head <= room.head) return
    room.head = head
    scheduleFlush(room)
  }

  /** Everything a reader may know is too old. */
  async function reset(room: Room): Promise<void> {
    room.head = await store.ver(room.ref)
    room.ring = []
    for (const reader of room.readers) tell(room, reader, controlFrame('reset', room.head), room.head)
  }

  /** `null`: too much, or gone. */
  async function readSince(room: Room, ver: number): Promise<LiveEvent[] | null> {
    const rows = await store.events.since(room.ref, ver, maxCatchUp)
    return rows === 'gone' || rows.length >= maxCatchUp ? null : options.render(room.ref, rows)
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
    const [oldest] = room.ring
    for (const reader of room.readers) {
      if (reader.last >= room.head) continue
      let chunk = chunks.get(reader.last)
      if (!chunk) {
        chunk =
          oldest && oldest.ver <= reader.last + 1
            ? concatBytes(room.ring.filter((event) => event.ver > reader.last).map(eventFrame))
            : controlFrame('reset', room.head)
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
      listen(room)
      void inOrder(room, async () => {
        await catchUp(room)
        const frame = controlFrame('ver', room.head)
        for (const reader of room.readers) if (reader.last === room.head) tell(room, reader, frame, room.head)
      })
    }
  }

  async function newsSince(room: Room, after: number): Promise<LiveNews> {
    if (after > room.head) await pull(room)
    // Ahead of the thread: the store was set back, and nothing the reader has can be trusted.
    if (after >= room.head) return { ver: room.head, reset: after > room.head, events: [] }
    const [oldest] = room.ring
    if (oldest && oldest.ver <= after + 1) {
      return { ver: room.head, reset: false, events: room.ring.filter((event) => event.ver > after) }
    }
    const events = await readSince(room, after)
    if (!events) return { ver: room.head, reset: true, events: [] }
    return { ver: Math.max(room.head, events.at(-1)?.ver ?? 0), reset: false, events }
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
        await speaker?.say(ref, events)
      } catch (error) {
        logger.warn('Live events of a thread were not published', { thread: ref.thread, error: String(error) })
      }
    },

    async open(ref, after, sink) {
      if (closed) {
        sayBye(sink)
        return () => undefined
      }
      const room = enter(ref)
      const reader: Reader = { sink, last: Number.MAX_SAFE_INTEGER }
      room.readers.add(reader)
      try {
        await inOrder(room, async () => {
          await arrive(room)
          if (!room.readers.has(reader)) return
          const news = await newsSince(room, after ?? room.head)
          tell(room, reader, arrivalFrame(news), Math.max(news.ver, room.head))
        })
      } catch {
        leave(room, reader)
        sayBye(sink)
      }
      return () => leave(room, reader)
    },

    async wait(ref, after, waitMs, signal) {
      const nothing: LiveNews = { ver: after, reset: false, events: [] }
      if (closed) return nothing
      const room = enter(ref)
      let wake = (): void => undefined
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const reader: Reader = { sink: { write: () => (wake(), true), close: () => wake() }, last: after }
      room.readers.add(reader)
      const timer = setTimeout(wake, waitMs)
      signal.addEventListener('abort', wake, { once: true })
      let answer = nothing
      const look = async (): Promise<void> => {
        await arrive(room)
        answer = await newsSince(room, after)
      }
      try {
        await inOrder(room, look)
        if (answer.events.length > 0 || answer.reset) return answer
        if (!signal.aborted) await woken
        if (!closed && !signal.aborted) await inOrder(room, look)
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
        for (const reader of room.readers) sayBye(reader.sink)
        room.readers.clear()
        if (room.lingerTimer !== null) clearTimeout(room.lingerTimer)
        dispose(room)
      }
    },
  }
}

function sayBye(sink: LiveSink): void {
  sink.write(byeFrame())
  sink.close()
}

/** A timer that only tidies up must not keep a process alive. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
