import type { LiveHub, LiveHubOptions, LiveNews } from './live.ts'
import { concatBytes, controlFrame, eventFrame } from './live-event.ts'
import type { ThreadRef } from '../ports/index.ts'

const pollMs = 1_000
const maxCatchUp = 500

/**
 * The hub for runtimes where one request cannot wake another: each stream asks the store itself, once a second. Same
 * answers, more reads.
 */
export function createPollingHub({ store, render, logger }: LiveHubOptions): LiveHub {
  let closed = false

  async function newsSince(ref: ThreadRef, after: number): Promise<LiveNews> {
    const head = await store.ver(ref)
    if (after >= head) return { ver: head, reset: false, events: [] }
    const rows = await store.events.since(ref, after, maxCatchUp)
    if (rows === 'gone' || rows.length >= maxCatchUp) return { ver: head, reset: true, events: [] }
    return { ver: head, reset: false, events: await render(ref, rows) }
  }

  return {
    publish: () => Promise.resolve(),

    async open(ref, after, sink) {
      let last = after ?? (await store.ver(ref))
      let open = true
      const run = async (): Promise<void> => {
        let first = true
        while (open && !closed) {
          const news = await newsSince(ref, last)
          const frames = news.events.map(eventFrame)
          if (news.reset) frames.push(controlFrame('reset', news.ver))
          else if (first && frames.length === 0) frames.push(controlFrame('ver', news.ver))
          if (frames.length > 0 && !sink.write(concatBytes(frames))) break
          last = Math.max(last, news.ver)
          first = false
          await sleep(pollMs)
        }
        sink.close()
      }
      run().catch((error: unknown) => {
        logger.warn('A stream ended early', { thread: ref.thread, error: String(error) })
        sink.close()
      })
      return () => {
        open = false
      }
    },

    async wait(ref, after, waitMs, signal) {
      let left = waitMs
      for (;;) {
        const news = await newsSince(ref, after)
        if (news.events.length > 0 || news.reset || left <= 0 || signal.aborted || closed) return news
        await sleep(Math.min(pollMs, left))
        left -= pollMs
      }
    },

    close() {
      closed = true
    },
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
