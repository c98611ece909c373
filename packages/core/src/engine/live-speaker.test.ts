import { expect, test, vi } from 'vitest'
import { memoryPubSub } from '../memory/index.ts'
import type { PubSub } from '../ports/index.ts'
import { hubOf, listener, numbers, ref, scene } from './live.fixture.ts'
import { parseMessage } from './live-message.ts'
import { createLiveSpeaker } from './live-speaker.ts'

/** One end of a bus that can be cut off, as the connection of one process is while that of another stands. */
function connection(bus: PubSub) {
  const listeners: (() => void)[] = []
  let state: 'here' | 'away' | 'frozen' = 'here'
  const end: PubSub = {
    ...bus,
    async publish(topic, payload, options) {
      if (state === 'away') throw Object.assign(new Error('away'), { code: 'bus_offline' })
      if (state === 'here') await bus.publish(topic, payload, options)
    },
    onDrop: (listen) => void listeners.push(listen),
  }
  return {
    end,
    lose: () => (state = 'away'),
    freeze: () => (state = 'frozen'),
    comeBack() {
      state = 'here'
      for (const listen of listeners) listen()
    },
  }
}

test.each(['lose', 'freeze'] as const)('readers elsewhere get what was said into nothing: %s', async (how) => {
  const { store, write } = await scene()
  const bus = memoryPubSub()
  const here = connection(bus)
  const [speaking, hearing] = [hubOf(store, { bus: here.end }), hubOf(store, { bus })]
  const reader = listener()
  await hearing.open(ref, null, reader)
  for (const events of await write(2)) await speaking.publish(ref, events)
  await vi.waitFor(() => expect(reader.heard).toEqual(['ver 0', ...numbers(1, 2)]))
  here[how]()
  for (const events of await write(3)) await speaking.publish(ref, events)
  expect(reader.heard).toHaveLength(3)
  here.comeBack()
  await vi.waitFor(() => expect(reader.heard).toEqual(['ver 0', ...numbers(1, 5)]))
  speaking.close()
  hearing.close()
})

test('what was heard long ago is not said again, and what was lost is, however long ago', async () => {
  const bus = memoryPubSub()
  const here = connection(bus)
  let now = 1_000_000
  const warn = vi.fn()
  const logger = { info() {}, warn, error() {} }
  const speaker = createLiveSpeaker({ bus: here.end, clock: { now: () => now }, logger })
  const event = (ver: number) => ({ ver, type: 'comment.created', view: {}, revokes: false })
  await speaker.say({ ...ref, thread: 'heard' }, [event(1)])
  here.lose()
  await speaker.say({ ...ref, thread: 'lost' }, [event(7)])
  await speaker.say({ ...ref, thread: 'lost' }, [event(8)])
  expect(warn).toHaveBeenCalledOnce()
  now += 300_000
  const heard: (readonly [string, number | undefined])[] = []
  await bus.subscribe('#', (topic, payload) => void heard.push([topic, parseMessage(payload)?.ver]))
  here.comeBack()
  await vi.waitFor(() => expect(heard).toEqual([['c/1/blog/t/lost/e', 8]]))
})

test('remembers no more threads than it may', async () => {
  const bus = memoryPubSub()
  const here = connection(bus)
  here.lose()
  const logger = { info() {}, warn() {}, error() {} }
  const speaker = createLiveSpeaker({ bus: here.end, clock: { now: () => 1 }, logger })
  const event = { ver: 1, type: 'comment.created', view: {}, revokes: false }
  for (let n = 0; n < 10_500; n += 1) await speaker.say({ ...ref, thread: `t${n}` }, [event])
  let heard = 0
  await bus.subscribe('#', () => (heard += 1))
  here.comeBack()
  await vi.waitFor(() => expect(heard).toBe(10_000))
})
