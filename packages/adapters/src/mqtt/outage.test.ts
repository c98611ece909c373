import type { Confab } from '@confab/core'
import { createConfab } from '@confab/core'
import { memoryStore } from '@confab/core/memory'
import type { Store } from '@confab/core/ports'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Broker } from './broker.fixture.ts'
import { missingMosquitto, mosquittoVersion, startAedes, startMosquitto } from './broker.fixture.ts'
import { mqttPubSub } from './index.ts'

const missing = missingMosquitto()
/** Longer by hand: `CONFAB_BROKER_AWAY_MS=60000`. */
const awayMs = Number(process.env['CONFAB_BROKER_AWAY_MS'] ?? 2_000)
const pageKeys = ['/a', '/b', '/c', '/d']
const author = { id: 'writer', name: 'Writer' }

interface Stream {
  readonly pageKey: string
  /** Versions of events in the order in which they came. */
  readonly seen: number[]
}

/** Reads a thread's stream of one process as a browser does. */
async function follow(confab: Confab, pageKey: string): Promise<Stream> {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const url = `http://confab.test/v1/threads/-/events?site=blog&pageKey=${encodeURIComponent(pageKey)}`
  const headers = { accept: 'text/event-stream' }
  const response = await confab.fetch(new Request(url, { headers, signal: stop.signal }))
  expect(response.status).toBe(200)
  const stream: Stream = { pageKey, seen: [] }
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  void (async () => {
    let rest = ''
    for (;;) {
      const chunk = await reader?.read()
      if (!chunk || chunk.done) return
      const blocks = (rest + chunk.value).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        if (/^event: comment\./m.test(block)) stream.seen.push(Number(/^id: (\d+)$/m.exec(block)?.[1]))
      }
    }
  })().catch(() => undefined)
  return stream
}

function appOn(store: Store, broker: Broker, protocolVersion: 4 | 5): Confab {
  return createConfab({
    store: { ...store, close: () => Promise.resolve() },
    sites: [{ id: 'blog', origins: ['https://blog.example.org'] }],
    bus: mqttPubSub(broker.url, { protocolVersion }),
    limits: { read: false, write: false, address: false },
    logger: { info() {}, warn() {}, error() {} },
  })
}

describe.each([
  {
    name: `mosquitto ${mosquittoVersion}`,
    start: () => startMosquitto(),
    version: 5 as const,
    isHere: missing === null,
  },
  { name: 'aedes', start: () => startAedes(), version: 4 as const, isHere: true },
])('$name', ({ name, start, version, isHere }) => {
  test.runIf(isHere)(
    'is killed under load: every post is taken, and every open page is complete soon after',
    async () => {
      const broker = await start()
      onTestFinished(() => broker.stop())
      const store = memoryStore()
      const processes = [appOn(store, broker, version), appOn(store, broker, version)]
      onTestFinished(async () => {
        for (const each of processes) await each.close()
      })
      const streams: Stream[] = []
      for (const each of processes) for (const pageKey of pageKeys) streams.push(await follow(each, pageKey))

      const posted = new Map(pageKeys.map((pageKey) => [pageKey, 0]))
      const times: number[] = []
      let failed = 0
      let over = false
      const write = async (who: number): Promise<void> => {
        for (let n = who; !over; n += 1) {
          const pageKey = pageKeys[n % pageKeys.length] ?? '/a'
          const begin = performance.now()
          try {
            await processes[who % 2]?.api.comments.create({ site: 'blog', pageKey, author, body: `Comment ${n}.` })
            posted.set(pageKey, (posted.get(pageKey) ?? 0) + 1)
            times.push(performance.now() - begin)
          } catch {
            failed += 1
          }
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
      const missingNow = (): number =>
        streams.reduce((sum, { pageKey, seen }) => sum + (posted.get(pageKey) ?? 0) - seen.length, 0)

      const writers = [write(0), write(1), write(2), write(3)]
      // Both hear each other before the broker goes.
      await expect
        .poll(() => Math.min(...streams.map(({ seen }) => seen.length)), { timeout: 5_000 })
        .toBeGreaterThan(2)
      await broker.kill()
      await new Promise((resolve) => setTimeout(resolve, awayMs))
      over = true
      await Promise.all(writers)
      const missed = missingNow()
      await broker.restart()
      const backAt = performance.now()
      await expect.poll(missingNow, { timeout: 10_000, interval: 20 }).toBe(0)
      const completeMs = performance.now() - backAt

      const total = [...posted.values()].reduce((sum, count) => sum + count, 0)
      console.log(
        `${name} away for ${awayMs / 1000} s: ${total} posts, ${failed} failed, slowest ${Math.max(...times).toFixed(0)} ms; ` +
          `${missed} events missing at ${streams.length} open pages, all there ${(completeMs / 1000).toFixed(1)} s after its return`,
      )
      expect(failed).toBe(0)
      expect(missed).toBeGreaterThan(0)
      for (const { pageKey, seen } of streams) {
        expect(seen).toEqual(Array.from({ length: posted.get(pageKey) ?? 0 }, (_, index) => index + 1))
      }
    },
    awayMs + 30_000,
  )
})

test('says what ran', () => {
  expect(missing ?? mosquittoVersion).toBeTruthy()
})
