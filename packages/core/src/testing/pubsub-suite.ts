import type { Bytes, PubSub } from '../ports/index.ts'
import { runSuite } from './registry.ts'
import type { Runner, Skip } from './runner.ts'

export interface PubSubSuiteOptions {
  /**
   * Two ends of one fresh bus for each test, as two processes have them; the same object twice where there is only one
   * process. The suite closes both.
   */
  readonly setup: () => Promise<{
    readonly here: PubSub
    readonly there: PubSub
    readonly teardown?: () => Promise<void>
  }>
  readonly skip?: readonly Skip[]
  /** How long a message may take. @default 5000 */
  readonly patienceMs?: number
}

interface Subject {
  readonly here: PubSub
  readonly there: PubSub
  /** Subscribes and gathers what comes. */
  readonly listen: (bus: PubSub, filter: string) => Promise<Heard>
}

interface Heard {
  readonly messages: readonly (readonly [topic: string, text: string])[]
  /** Resolves with the messages once there are so many. */
  readonly count: (wanted: number) => Promise<Heard['messages']>
  readonly stop: () => Promise<void>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Every promise of the bus between processes, as tests.
 *
 * @example
 * pubSubSuite(runner, 'memory', { setup: async () => { const bus = memoryPubSub(); return { here: bus, there: bus } } })
 */
export function pubSubSuite(runner: Runner, name: string, options: PubSubSuiteOptions): void {
  const patienceMs = options.patienceMs ?? 5_000
  runSuite<Subject>(
    runner,
    `pubsub: ${name}`,
    {
      ...(options.skip && { skip: options.skip }),
      async setup() {
        const { here, there, teardown } = await options.setup()
        return {
          subject: { here, there, listen: (bus, filter) => listen(bus, filter, patienceMs) },
          async teardown() {
            await here.close()
            if (there !== here) await there.close()
            await teardown?.()
          },
        }
      },
    },
    ({ test, expect }) => {
      test('carries a message to the other end and to its own', async ({ here, there, listen }) => {
        const [mine, theirs] = [await listen(here, 'a/b'), await listen(there, 'a/b')]
        await here.publish('a/b', bytes('hello'))
        expect(await mine.count(1)).toEqual([['a/b', 'hello']])
        expect(await theirs.count(1)).toEqual([['a/b', 'hello']])
      })

      test('carries messages both ways, from each end in order', async ({ here, there, listen }) => {
        const heard = await listen(there, 'a/b')
        for (let i = 0; i < 20; i++) await here.publish('a/b', bytes(`here ${i}`))
        for (let i = 0; i < 20; i++) await there.publish('a/b', bytes(`there ${i}`))
        const messages = await heard.count(40)
        for (const end of ['here', 'there']) {
          const texts = messages.map(([, text]) => text).filter((text) => text.startsWith(end))
          expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => `${end} ${i}`))
        }
      })

      test('carries nothing to those who did not ask for it', async ({ here, there, listen }) => {
        const exact = await listen(there, 'a/b')
        for (const topic of ['a', 'a/bc', 'a/b/c', 'b/a/b', 'A/B']) await here.publish(topic, bytes(topic))
        await here.publish('a/b', bytes('last'))
        expect(await exact.count(1)).toEqual([['a/b', 'last']])
      })

      test('matches everything below a filter that ends in /#', async ({ here, there, listen }) => {
        const below = await listen(there, 'a/b/#')
        for (const topic of ['a/bc', 'a', 'x/a/b/c', 'a/b/c', 'a/b/c/d/e']) await here.publish(topic, bytes('x'))
        await here.publish('a/b/last', bytes('x'))
        const messages = await below.count(3)
        expect(messages.map(([topic]) => topic)).toEqual(['a/b/c', 'a/b/c/d/e', 'a/b/last'])
      })

      test('gives a message to each subscription, also to two of the same topic', async ({ here, listen }) => {
        const all = [await listen(here, 'a/b'), await listen(here, 'a/b')]
        await here.publish('a/b', bytes('x'))
        for (const heard of all) expect(await heard.count(1)).toEqual([['a/b', 'x']])
      })

      test('gives a message to a topic and to a filter that both match it', async ({ here, listen }) => {
        const all = [await listen(here, 'a/b'), await listen(here, 'a/#')]
        await here.publish('a/b', bytes('x'))
        for (const heard of all) expect(await heard.count(1)).toEqual([['a/b', 'x']])
      })

      test('gives each subscriber bytes of its own', async ({ here, listen }) => {
        const stop = await here.subscribe('a/b', (_topic, payload) => void payload.fill(0))
        const heard = await listen(here, 'a/b')
        const payload = bytes('mine')
        await here.publish('a/b', payload)
        payload.fill(0)
        expect(await heard.count(1)).toEqual([['a/b', 'mine']])
        await stop()
      })

      test('stops when told to, and only that subscription', async ({ here, there, listen }) => {
        const [stopped, goesOn] = [await listen(there, 'a/b'), await listen(there, 'a/b')]
        await here.publish('a/b', bytes('1'))
        await Promise.all([stopped.count(1), goesOn.count(1)])
        await stopped.stop()
        await stopped.stop()
        await here.publish('a/b', bytes('2'))
        await goesOn.count(2)
        expect(stopped.messages).toEqual([['a/b', '1']])
      })

      test('carries any bytes, none and many', async ({ here, there }) => {
        const got: Bytes[] = []
        const stop = await there.subscribe('raw/x', (_topic, payload) => void got.push(payload))
        const all = Uint8Array.from({ length: 256 }, (_, i) => i)
        const sent = [new Uint8Array(0), all, new Uint8Array(200_000).fill(7)]
        for (const payload of sent) await here.publish('raw/x', payload)
        await until(() => got.length >= 3, patienceMs)
        expect(got.map((payload) => [...payload.slice(0, 300), payload.length])).toEqual(
          sent.map((payload) => [...payload.slice(0, 300), payload.length]),
        )
        await stop()
      })

      test('takes quality and life time as hints', async ({ here, there }) => {
        const got: string[] = []
        const listener = (topic: string): void => void got.push(topic)
        const stops = [await there.subscribe('hint/0', listener), await there.subscribe('hint/1', listener, { qos: 1 })]
        await here.publish('hint/0', bytes('x'), { qos: 0 })
        await here.publish('hint/1', bytes('x'), { qos: 1, ttlMs: 60_000 })
        await until(() => got.length >= 2, patienceMs)
        expect(got.toSorted()).toEqual(['hint/0', 'hint/1'])
        for (const stop of stops) await stop()
      })

      test('keeps odd topics apart', async ({ here, there, listen }) => {
        const topics = ['t/ü', 't/__proto__', 't/a b', "t/'quote'", 't/%2F', 't/*', 't/🙂']
        const heard = await Promise.all(topics.map((topic) => listen(there, topic)))
        for (const topic of topics) await here.publish(topic, bytes(topic))
        for (const [i, topic] of topics.entries()) expect(await heard[i]?.count(1)).toEqual([[topic, topic]])
      })

      test('refuses to publish and to subscribe after it was closed', async ({ here }) => {
        await here.close()
        await here.close()
        await expect(here.publish('a/b', bytes('x'))).rejects.toThrow()
        await expect(here.subscribe('a/b', () => {})).rejects.toThrow()
      })
    },
  )
}

async function listen(bus: PubSub, filter: string, patienceMs: number): Promise<Heard> {
  const messages: (readonly [string, string])[] = []
  const stop = await bus.subscribe(filter, (topic, payload) => void messages.push([topic, decoder.decode(payload)]))
  return {
    messages,
    async count(wanted) {
      await until(() => messages.length >= wanted, patienceMs)
      return messages
    },
    stop,
  }
}

function bytes(text: string): Bytes {
  return encoder.encode(text)
}

async function until(condition: () => boolean, patienceMs: number): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Nothing came within ${patienceMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
