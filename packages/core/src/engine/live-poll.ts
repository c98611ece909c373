import type { Logger, Ms, PubSub, ThreadRef } from '../ports/index.ts'
import type { LiveHub, LiveHubOptions, LiveNews } from './live.ts'
import { arrivalFrame, byeFrame, concatBytes, controlFrame, eventFrame } from './live-event.ts'
import { eventsTopic, formatMessage, parseMessage } from './live-message.ts'

/** The store is asked so often where nothing else tells of news. */
const pollMs: Ms = 1_000
/** The store is asked so often where a bus tells of news, for what the bus may have lost. */
const checkMs: Ms = 25_000
/** A little less than a check, whose timer may be early. */
const heartbeatMs: Ms = 24_000
/**
 * Then the reader is asked to come again. Bounds what is done for a reader who went without a word, and the questions that
 * one request may ask a database there.
 */
const lifeMs: Ms = 10 * 60_000
const maxCatchUp = 500

/**
 * The hub for runtimes where one request cannot wake another: each stream hears the bus itself, where there is one, and
 * asks the store itself. Same answers, more reads.
 */
export function createPollingHub({ store, render, logger, bus }: LiveHubOptions): LiveHub {
  let closed = false

  async function newsSince(ref: ThreadRef, after: number): Promise<LiveNews> {
    const head = await store.ver(ref)
    // Ahead of the thread: the store was set back, and nothing the reader has can be trusted.
    if (after >= head) return { ver: head, reset: after > head, events: [] }
    const rows = await store.events.since(ref, after, maxCatchUp)
    if (rows === 'gone' || rows.length >= maxCatchUp) return { ver: head, reset: true, events: [] }
    const events = await render(ref, rows)
    return { ver: Math.max(head, events.at(-1)?.ver ?? 0), reset: false, events }
  }

  return {
    async publish(ref, rows) {
      if (!bus) return
      try {
        const seen = rows.filter((row) => row.ver !== null)
        if (seen.length === 0) return
        const events = await render(ref, seen)
        await bus.publish(eventsTopic(ref), formatMessage(events), { qos: 0, ttlMs: 30_000 })
      } catch (error) {
        logger.warn('Live events of a thread were not published', { thread: ref.thread, error: String(error) })
      }
    },

    async open(ref, after, sink) {
      const ear = listen(ref, bus, logger)
      const until = performance.now() + lifeMs * (0.9 + Math.random() / 10)
      let isOpen = true
      const follow = async (): Promise<void> => {
        const first = await newsSince(ref, after ?? (await store.ver(ref)))
        let last = first.ver
        isOpen = sink.write(arrivalFrame(first)) && isOpen
        let toldAt = performance.now()
        while (isOpen && !closed && performance.now() < until) {
          await ear.wait(lifeMs)
          if (!isOpen) break
          const news = ear.heard(last) ?? (await newsSince(ref, last))
          const isQuiet = !news.reset && news.events.length === 0
          last = news.ver
          // Something must go over the line from time to time, or proxies take it for dead.
          if (isQuiet && performance.now() - toldAt < heartbeatMs) continue
          toldAt = performance.now()
          if (news.reset) isOpen = sink.write(controlFrame('reset', last)) && isOpen
          else if (isQuiet) isOpen = sink.write(controlFrame('ver', last)) && isOpen
          else isOpen = sink.write(concatBytes(news.events.map(eventFrame))) && isOpen
        }
      }
      // Not awaited: an open stream is one that is being followed.
      void follow()
        .catch((error: unknown) => {
          logger.warn('A stream ended early', { thread: ref.thread, error: String(error) })
        })
        .then(() => {
          ear.leave()
          sink.write(byeFrame())
          sink.close()
        })
      return () => {
        isOpen = false
        ear.leave()
      }
    },

    async wait(ref, after, waitMs, signal) {
      const until = performance.now() + waitMs
      let news = await newsSince(ref, after)
      if (hasNews(news) || waitMs <= 0) return news
      const ear = listen(ref, bus, logger)
      signal.addEventListener('abort', ear.leave, { once: true })
      try {
        while (!hasNews(news) && !signal.aborted && !closed) {
          const left = until - performance.now()
          if (left <= 0) break
          await ear.wait(left)
          news = ear.heard(after) ?? (await newsSince(ref, after))
        }
        return news
      } finally {
        signal.removeEventListener('abort', ear.leave)
        ear.leave()
      }
    },

    close() {
      closed = true
    },
  }
}

function hasNews(news: LiveNews): boolean {
  return news.reset || news.events.length > 0
}

/** What one stream waits with. */
interface Ear {
  /** Resolves when the bus said something, when it is time to ask the store, after `mostMs`, or when it is left. */
  wait(mostMs: Ms): Promise<void>
  /** What the bus said since the last time, where it leads on from `last` without a gap; `null`: ask the store. */
  heard(last: number): LiveNews | null
  leave(): void
}

/** Hears the bus, if there is one. A bus that is away keeps nobody waiting: until it is there, the store is asked. */
function listen(ref: ThreadRef, bus: PubSub | null, logger: Logger): Ear {
  let messages: ReturnType<typeof parseMessage>[] = []
  let isJoined = false
  let isLeft = false
  /** Something may have happened that no message told of. */
  let mustAsk = true
  let isWoken = false
  let wake = (): void => undefined

  function alert(): void {
    isWoken = true
    wake()
  }

  const joined = bus?.subscribe(eventsTopic(ref), (_topic, payload) => {
    messages.push(parseMessage(payload))
    alert()
  })
  joined?.then(
    () => {
      // What was said until now was not heard.
      isJoined = true
      mustAsk = true
      alert()
    },
    (error: unknown) => {
      logger.warn('Events of a thread are not heard; the store is asked for them every second', {
        thread: ref.thread,
        error: String(error),
      })
    },
  )

  return {
    async wait(mostMs) {
      if (!isWoken && !isLeft) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(
            () => {
              mustAsk = true
              resolve()
            },
            Math.min(mostMs, isJoined ? checkMs : pollMs),
          )
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      isWoken = false
    },
    heard(last) {
      const said = messages
      messages = []
      if (mustAsk) {
        mustAsk = false
        return null
      }
      const events = said.flatMap((message) => message?.events ?? [])
      const fresh = events.filter((event) => event.ver > last)
      const isWhole =
        said.every((message) => message !== null && (message.events !== null || message.ver <= last)) &&
        fresh.every((event, i) => event.ver === last + 1 + i)
      return isWhole ? { ver: fresh.at(-1)?.ver ?? last, reset: false, events: fresh } : null
    },
    leave() {
      if (isLeft) return
      isLeft = true
      alert()
      joined?.then((stop) => stop()).catch(() => undefined)
    },
  }
}
