import { plainRunner, pubSubSuite } from '@confab/core/testing'
import type { Bytes } from '@confab/core/ports'
import { suiteWorker } from '../../workerd/suite-worker.fixture.ts'
import { durableBus, LiveTopic } from '../index.ts'
import type { TopicNamespace, TopicState } from '../index.ts'

/** A topic whose lines can be cut. */
export class CutTopic extends LiveTopic {
  readonly #sockets: TopicState['getWebSockets']

  constructor(state: TopicState) {
    super(state)
    this.#sockets = () => state.getWebSockets()
  }

  override fetch(request: Request): Promise<Response> {
    if (request.method !== 'DELETE') return super.fetch(request)
    for (const socket of this.#sockets()) socket.close(1011, 'cut')
    return Promise.resolve(new Response(null, { status: 204 }))
  }
}

let topics: TopicNamespace | null = null

function namespace(): TopicNamespace {
  if (!topics) throw new Error('No request has brought the topics yet')
  return topics
}

const answer = suiteWorker(() => {
  const runner = plainRunner()
  const { it, expect } = runner
  const reason = 'each topic is an object of its own, and Confab listens to exact ones there'
  pubSubSuite(runner, 'Durable Objects, in workerd', {
    setup: async () => ({ here: durableBus(namespace), there: durableBus(namespace) }),
    skip: [
      { test: 'matches everything below a filter that ends in /#', reason },
      { test: 'gives a message to a topic and to a filter that both match it', reason },
    ],
  })

  it('refuses filters', async () => {
    const bus = durableBus(namespace)
    for (const filter of ['#', 'a/#']) await expect(bus.subscribe(filter, () => {})).rejects.toThrow(TypeError)
  })

  it('listens again after its line was cut, and says that it may have missed something', async () => {
    const bus = durableBus(namespace)
    const heard: string[] = []
    let drops = 0
    bus.onDrop(() => void (drops += 1))
    const stop = await bus.subscribe(
      'cut',
      (_topic, payload: Bytes) => void heard.push(new TextDecoder().decode(payload)),
    )
    await namespace().getByName('cut').fetch('https://topic.invalid/', { method: 'DELETE' })
    for (let i = 0; i < 200 && heard.length === 0; i++) {
      await bus.publish('cut', new TextEncoder().encode('again'))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect([drops, heard[0]]).toEqual([1, 'again'])
    await stop()
  })

  it('is left by those who stop', async () => {
    const bus = durableBus(namespace)
    const listeners = async (): Promise<string | null> => {
      const sent = await namespace().getByName('left').fetch('https://topic.invalid/', { method: 'POST' })
      return (sent as unknown as Response).headers.get('heard')
    }
    const stops = [await bus.subscribe('left', () => {}), await bus.subscribe('left', () => {})]
    expect(await listeners()).toBe('2')
    for (const stop of stops) await stop()
    let left = await listeners()
    for (let i = 0; i < 200 && left !== '0'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      left = await listeners()
    }
    expect(left).toBe('0')
  })

  it('waits for nobody where it may go on after the answer', async () => {
    const later: Promise<unknown>[] = []
    const bus = durableBus(namespace, { waitUntil: (work) => void later.push(work) })
    const heard: number[] = []
    const stop = await bus.subscribe('later', (_topic, payload) => void heard.push(payload[0] ?? 0))
    const payload = Uint8Array.of(7)
    await bus.publish('later', payload)
    payload.fill(0)
    expect(later.length).toBe(1)
    await Promise.all(later)
    for (let i = 0; i < 200 && heard.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(heard).toEqual([7])
    await stop()
  })

  return runner.tests
})

export async function handle(request: Request, env: { readonly TOPICS: TopicNamespace }): Promise<Response> {
  topics = env.TOPICS
  return answer(request)
}
