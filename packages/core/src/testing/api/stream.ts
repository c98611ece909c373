import type { ApiUnderTest, HeaderInput, Query } from './client.ts'
import { toSearch } from './client.ts'
import { origin } from './config.ts'

/** A server-sent event as it came. */
export interface Frame {
  readonly id: string | null
  readonly event: string
  readonly retry: string | null
  readonly data: string
}

/** One open stream of events. */
export interface EventStream {
  readonly status: number
  readonly headers: Headers
  /** The next frame that `wanted` takes, frames before it left out. Fails after ten seconds, or when the stream ends. */
  next(wanted?: (frame: Frame) => boolean): Promise<Frame>
  /** Every frame until the stream ends. */
  rest(): Promise<Frame[]>
  close(): Promise<void>
}

const patienceMs = 10_000

export async function openStream(
  fetch: ApiUnderTest['fetch'],
  query: Query,
  headers: HeaderInput = {},
): Promise<EventStream> {
  const sent = new Headers({ origin, accept: 'text/event-stream' })
  for (const [name, value] of Object.entries(headers)) if (value !== null) sent.set(name, value)
  const place = { site: 'open', pageKey: '/hello', ...query }
  const response = await fetch(`/v1/threads/-/events${toSearch(place)}`, { headers: sent })
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  const ready: Frame[] = []
  let buffer = ''

  /** `false`: the stream has ended. */
  async function readMore(): Promise<boolean> {
    const chunk = await within(reader?.read())
    if (!chunk || chunk.done) return false
    buffer += decoder.decode(chunk.value, { stream: true })
    const blocks = buffer.split('\n\n')
    buffer = blocks.pop() ?? ''
    for (const block of blocks) if (block.trim() !== '') ready.push(parseFrame(block))
    return true
  }

  return {
    status: response.status,
    headers: response.headers,
    async next(wanted = () => true) {
      for (;;) {
        for (let frame = ready.shift(); frame; frame = ready.shift()) if (wanted(frame)) return frame
        if (!(await readMore())) throw new Error('The stream ended before the event came')
      }
    },
    async rest() {
      while (await readMore());
      return ready.splice(0)
    },
    async close() {
      await reader?.cancel().catch(() => undefined)
    },
  }
}

async function within<T>(work: Promise<T> | undefined): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Nothing came on the stream for ten seconds')), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function parseFrame(block: string): Frame {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const at = line.indexOf(':')
    const [name, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
    fields.set(name, name === 'data' && fields.has('data') ? `${fields.get('data')}\n${value}` : value)
  }
  return {
    id: fields.get('id') ?? null,
    event: fields.get('event') ?? 'message',
    retry: fields.get('retry') ?? null,
    data: fields.get('data') ?? '',
  }
}
