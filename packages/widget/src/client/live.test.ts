import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ClientError } from './errors.ts'
import { followLive } from './live.ts'
import type { Client } from './create-client.ts'
import type { Connection, Live, LiveOptions, LiveTarget } from './live.ts'
import type { ThreadData } from './thread-data.ts'
import type { EventView, EventsView } from '@confab/core'

// The connection's own decisions, against a clock that the test turns. What it does with a real server is in
// open-thread.test.ts.

const streams: FakeStream[] = []
class FakeStream extends EventTarget {
  readonly url: string
  closed = false

  constructor(url: string) {
    super()
    this.url = url
    streams.push(this)
  }

  close(): void {
    this.closed = true
  }

  say(type: string, data: object): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }))
  }

  fail(): void {
    this.dispatchEvent(new Event('error'))
  }
}
const eventSource = FakeStream as unknown as NonNullable<LiveOptions['eventSource']>

const thread = {
  id: 't'.repeat(20),
  site: 'blog',
  pageKey: '/',
  url: null,
  title: null,
  comments: 0,
  state: 'open' as const,
  createdAt: null,
  lastAt: null,
}
const dataAt = (ver: number): ThreadData => ({
  thread: { ...thread, ver },
  sort: 'newest',
  comments: new Map(),
  roots: [],
  fresh: [],
  next: null,
  previous: null,
})
const event = (ver: number): EventView => ({
  id: `${ver}`,
  type: 'comment.removed',
  v: 1,
  thread: thread.id,
  ver,
  at: 0,
  comments: 0,
  data: { id: 'none', comment: null },
})

interface Bench extends LiveTarget {
  readonly connections: Connection[]
  readonly asked: [after: number, waitMs: number][]
  refreshed: number
}

function bench(answer: (after: number, waitMs: number) => Promise<EventsView>): Bench {
  let data = dataAt(5)
  let min = 0
  const asked: [number, number][] = []
  const connections: Connection[] = []
  const client: Pick<Client, 'events' | 'streamUrl'> = {
    streamUrl: (after) => `stream:${after}`,
    events(after, waitMs) {
      asked.push([after, waitMs])
      return answer(after, waitMs)
    },
  }
  return {
    client,
    asked,
    connections,
    refreshed: 0,
    get ver() {
      return data.thread.ver
    },
    change(step) {
      data = step(data)
    },
    atLeast(ver) {
      min = ver
    },
    async refresh() {
      this.refreshed += 1
      data = dataAt(Math.max(min, data.thread.ver))
      await Promise.resolve()
    },
    connected: (connection) => connections.push(connection),
  }
}

const offline = () => Promise.reject(new ClientError('offline', 'No'))
const nothing = (after: number): Promise<EventsView> => Promise.resolve({ ver: after, reset: false, events: [] })
let live: Live

beforeEach(() => {
  streams.length = 0
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  live.stop()
  vi.useRealTimers()
})

function last(): FakeStream {
  return streams.at(-1) ?? expect.fail('no stream was opened')
}

describe('events', () => {
  test('at or below the version are dropped, the next one is taken', () => {
    const target = bench(offline)
    live = followLive(target, { eventSource })
    live.start()
    expect(last().url).toBe('stream:5')
    for (const ver of [4, 5, 6, 6, 7]) last().say('comment.removed', event(ver))
    expect(target.ver).toBe(7)
    expect(target.asked).toEqual([])
  })

  test('above a gap wait for what is between', async () => {
    const target = bench(() => Promise.resolve({ ver: 8, reset: false, events: [event(6), event(7), event(8)] }))
    live = followLive(target, { eventSource })
    live.start()
    last().say('comment.removed', event(8))
    expect(target.ver).toBe(5)
    await vi.advanceTimersByTimeAsync(0)
    expect(target.ver).toBe(8)
    expect(target.asked).toEqual([[5, 0]])
  })

  test('that a heartbeat shows to be lost are loaded', async () => {
    const target = bench(() => Promise.resolve({ ver: 6, reset: false, events: [event(6)] }))
    live = followLive(target, { eventSource })
    live.start()
    last().say('ver', { ver: 5 })
    expect(target.asked).toEqual([])
    last().say('ver', { ver: 6 })
    await vi.advanceTimersByTimeAsync(0)
    expect(target.ver).toBe(6)
  })

  test('that nobody keeps any more mean a new page', async () => {
    const target = bench(offline)
    live = followLive(target, { eventSource })
    live.start()
    last().say('reset', { ver: 900 })
    await vi.advanceTimersByTimeAsync(0)
    expect(target).toMatchObject({ refreshed: 1, ver: 900 })
  })
})

describe('a stream', () => {
  test('that ends is opened again, later each time, from where it was', async () => {
    const target = bench(offline)
    live = followLive(target, { eventSource })
    live.start()
    last().say('comment.removed', event(6))
    last().fail()
    expect(streams).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(last().url).toBe('stream:6')
    expect(streams).toHaveLength(2)
    expect(target.connections).toEqual(['connecting', 'live', 'connecting'])
  })

  test('whose server says goodbye waits some seconds and calls nothing lost', async () => {
    const target = bench(offline)
    live = followLive(target, { eventSource })
    live.start()
    last().say('bye', { ver: 5 })
    last().fail()
    await vi.advanceTimersByTimeAsync(1900)
    expect(streams).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(4200)
    expect(streams).toHaveLength(2)
    expect(target.connections).toEqual(['connecting', 'live'])
  })

  test('that falls silent is replaced', async () => {
    live = followLive(bench(offline), { eventSource })
    live.start()
    last().say('ver', { ver: 5 })
    await vi.advanceTimersByTimeAsync(61_000)
    expect(streams[0]?.closed).toBe(true)
    expect(streams).toHaveLength(2)
  })

  test('is lost only after several attempts, and found again', async () => {
    const target = bench(offline)
    live = followLive(target, { eventSource })
    live.start()
    last().say('ver', { ver: 5 })
    for (let i = 0; i < 6 && !target.connections.includes('lost'); i++) {
      last().fail()
      await vi.advanceTimersByTimeAsync(20_000)
    }
    expect(target.connections).toContain('lost')
  })

  test('is not opened again once stopped', async () => {
    live = followLive(bench(offline), { eventSource })
    live.start()
    last().fail()
    live.stop()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(streams).toHaveLength(1)
    live.start()
    expect(streams).toHaveLength(2)
  })
})

describe('long polls', () => {
  test('take over where streams do not come through', async () => {
    const target = bench((after, waitMs) =>
      waitMs > 0 && after === 5 ? Promise.resolve({ ver: 6, reset: false, events: [event(6)] }) : nothing(after),
    )
    live = followLive(target, { eventSource })
    live.start()
    // Held up by something on the way: opened, and never a word.
    await vi.advanceTimersByTimeAsync(30_000)
    expect(streams).toHaveLength(2)
    expect(target.ver).toBe(6)
    expect(target.connections.at(-1)).toBe('live')
  })

  test('give way to a stream again when it was the server that was away', async () => {
    let isDown = true
    const target = bench((after) => (isDown ? offline() : nothing(after)))
    live = followLive(target, { eventSource })
    live.start()
    last().fail()
    await vi.advanceTimersByTimeAsync(1000)
    last().fail()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(target.asked.length).toBeGreaterThan(0)
    isDown = false
    await vi.advanceTimersByTimeAsync(40_000)
    expect(streams).toHaveLength(3)
    last().say('ver', { ver: 5 })
    expect(target.connections.at(-1)).toBe('live')
  })

  test('tell at once that the server is back, not only with the next news', async () => {
    let isDown = true
    const slowly = async (after: number, waitMs: number): Promise<EventsView> => {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      return nothing(after)
    }
    const target = bench((after, waitMs) => (isDown ? offline() : slowly(after, waitMs)))
    live = followLive(target, { eventSource: null })
    live.start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(target.connections.at(-1)).toBe('lost')
    isDown = false
    const before = target.asked.length
    while (target.asked.length === before) await vi.advanceTimersByTimeAsync(100)
    await vi.advanceTimersByTimeAsync(100)
    expect(target.connections.at(-1)).toBe('live')
  })

  test('do not spin when an answer comes at once and brings nothing', async () => {
    const target = bench(nothing)
    live = followLive(target, { eventSource: null })
    live.start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(target.asked.length).toBeLessThan(12)
  })

  test('try at once when the network is back', async () => {
    const target = bench(offline)
    live = followLive(target, { eventSource: null })
    live.start()
    await vi.advanceTimersByTimeAsync(60_000)
    const before = target.asked.length
    live.wake()
    expect(target.asked).toHaveLength(before + 1)
  })
})
