import type { Bytes } from '../ports/index.ts'

/** One event as readers get it. `view` is JSON of the feature that made it; the engine only needs its place. */
export interface LiveEvent {
  readonly ver: number
  readonly type: string
  readonly view: object
  /** Takes something back: what was said before it must be rendered again before it is said to anybody else. */
  readonly revokes: boolean
}

const encoder = new TextEncoder()

/** The event in the form of a server-sent event, `id` being the version (WHATWG HTML, section 9.2). */
export function eventFrame(event: LiveEvent): Bytes {
  return encoder.encode(`id: ${event.ver}\nevent: ${event.type}\ndata: ${JSON.stringify(event.view)}\n\n`)
}

/** A message about the stream itself. It carries an id only where the reader should resume behind it. */
export function controlFrame(type: 'ver' | 'reset' | 'bye', ver: number, retryMs?: number): Bytes {
  const retry = retryMs === undefined ? '' : `retry: ${Math.round(retryMs)}\n`
  const id = type === 'bye' ? '' : `id: ${ver}\n`
  return encoder.encode(`${retry}${id}event: ${type}\ndata: ${JSON.stringify({ ver })}\n\n`)
}

/** Most that a reader gets who comes (again). Whoever missed more loads the page: that is shorter, and bounded. */
const maxArrivalBytes = 64 * 1024

/** What a reader gets first: what they missed, where the thread is, or the word to load the page again. */
export function arrivalFrame(news: {
  readonly ver: number
  readonly reset: boolean
  readonly events: readonly LiveEvent[]
}): Bytes {
  const missed = concatBytes(news.events.map(eventFrame))
  if (news.reset || missed.length > maxArrivalBytes) return controlFrame('reset', news.ver)
  return missed.length === 0 ? controlFrame('ver', news.ver) : missed
}

/** The last word to a reader: come again, but not all at once, for all of them hear it in the same moment. */
export function byeFrame(): Bytes {
  return controlFrame('bye', 0, 1000 + Math.random() * 2000)
}

export function concatBytes(chunks: readonly Bytes[]): Bytes {
  const [only] = chunks
  if (only && chunks.length === 1) return only
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    out.set(chunk, offset)
    offset += chunk.length
  }
  return out
}
