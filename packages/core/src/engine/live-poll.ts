import type { Ms, ThreadRef } from '../ports/index.ts'
import type { LiveHub, LiveHubOptions, LiveNews } from './live.ts'
import { arrivalFrame, byeFrame, concatBytes, controlFrame, eventFrame } from './live-event.ts'

const pollMs: Ms = 1_000
const heartbeatMs: Ms = 25_000
const maxCatchUp = 500

/**
 * The hub for runtimes where one request cannot wake another: each stream asks the store itself, once a second. Same
 * answers, more reads.
 */
export function createPollingHub({ store, render, logger }: LiveHubOptions): LiveHub {
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
    publish: () => Promise.resolve(),

    async open(ref, after, sink) {
      let isOpen = true
      const follow = async (): Promise<void> => {
        const first = await newsSince(ref, after ?? (await store.ver(ref)))
        let last = first.ver
        isOpen = sink.write(arrivalFrame(first)) && isOpen
        let quietMs: Ms = 0
        while (isOpen && !closed) {
          await sleep(pollMs)
          const news = await newsSince(ref, last)
          quietMs = news.ver === last ? quietMs + pollMs : 0
          last = news.ver
          if (news.reset) isOpen = sink.write(controlFrame('reset', last)) && isOpen
          else if (news.events.length > 0) isOpen = sink.write(concatBytes(news.events.map(eventFrame))) && isOpen
          else if (quietMs >= heartbeatMs) {
            // Something must go over the line, or proxies take it for dead.
            isOpen = sink.write(controlFrame('ver', last)) && isOpen
            quietMs = 0
          }
        }
      }
      // Not awaited: an open stream is one that is being followed.
      void follow()
        .catch((error: unknown) => {
          logger.warn('A stream ended early', { thread: ref.thread, error: String(error) })
        })
        .then(() => {
          sink.write(byeFrame())
          sink.close()
        })
      return () => {
        isOpen = false
      }
    },

    async wait(ref, after, waitMs, signal) {
      for (let left = waitMs; ; left -= pollMs) {
        const news = await newsSince(ref, after)
        if (news.events.length > 0 || news.reset || left <= 0 || signal.aborted || closed) return news
        await sleep(Math.min(pollMs, left))
      }
    },

    close() {
      closed = true
    },
  }
}

function sleep(ms: Ms): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
