import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryPubSub } from '../memory/index.ts'
import type { PubSub, Store } from '../ports/index.ts'
import { listener, lossy, numbers, ref, render, scene, silent } from './live.fixture.ts'
import type { LiveHub } from './live.ts'
import { eventsTopic, formatMessage, formatVersion } from './live-message.ts'
import { createPollingHub } from './live-poll.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const never = new AbortController().signal

function hubOf(store: Store, bus: PubSub | null = null): LiveHub {
  return createPollingHub({ store, clock: { now: () => Date.now() }, logger: silent, bus, render })
}

test('a reader hears where the thread is, then everything in order, each within a second', async () => {
  const { store, write } = await scene()
  await write(2)
  const reader = listener()
  await hubOf(store).open(ref, null, reader)
  await pass(0)
  expect(reader.heard).toEqual(['ver 2'])
  await write(3)
  await pass(1_000)
  expect(reader.heard).toEqual(['ver 2', ...numbers(3, 5)])
})

test('a reader who comes back hears what they missed, or is told to load again', async () => {
  const { store, write } = await scene()
  await write(600)
  const hub = hubOf(store)
  const heard = async (after: number): Promise<string[]> => {
    const reader = listener()
    const leave = await hub.open(ref, after, reader)
    await pass(0)
    leave()
    return reader.heard
  }
  expect(await heard(597)).toEqual(numbers(598, 600))
  expect(await heard(1)).toEqual(['reset 600'])
  expect(await heard(700)).toEqual(['reset 600'])
})

test('a reader who was ahead hears what comes after all', async () => {
  const { store, write } = await scene()
  const reader = listener()
  await hubOf(store).open(ref, 40, reader)
  await write(1)
  await pass(1_000)
  expect(reader.heard).toEqual(['reset 0', '1'])
})

test('a quiet line says every 25 seconds that it is not dead', async () => {
  const { store } = await scene()
  const reader = listener()
  await hubOf(store).open(ref, null, reader)
  await pass(60_000)
  expect(reader.heard).toEqual(['ver 0', 'ver 0', 'ver 0'])
})

test('a reader who leaves or does not keep up is followed no more', async () => {
  const { store, write } = await scene()
  const asked = vi.spyOn(store, 'ver')
  const hub = hubOf(store)
  const [left, slow] = [listener(), listener()]
  const leave = await hub.open(ref, null, left)
  await hub.open(ref, null, slow)
  await pass(0)
  leave()
  slow.isSlow = true
  await write(1)
  await pass(1_000)
  expect([left.isOpen, slow.isOpen]).toEqual([false, false])
  asked.mockClear()
  await pass(10_000)
  expect(asked).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('a store that does not answer ends the stream with the word to come again, and a poll with its error', async () => {
  const { store } = await scene()
  const away: Store = { ...store, ver: () => Promise.reject(new Error('away')) }
  const reader = listener()
  await hubOf(away).open(ref, null, reader)
  await pass(0)
  expect([reader.heard, reader.isOpen]).toEqual([['bye'], false])
  await expect(hubOf(away).wait(ref, 0, 1_000, never)).rejects.toThrow('away')
})

test('all hear a farewell at the end', async () => {
  const { store } = await scene()
  const hub = hubOf(store)
  const reader = listener()
  await hub.open(ref, null, reader)
  const poll = hub.wait(ref, 0, 60_000, never)
  await pass(0)
  hub.close()
  await pass(1_000)
  expect([reader.heard, reader.isOpen]).toEqual([['ver 0', 'bye'], false])
  expect(await poll).toMatchObject({ events: [] })
})

test('a long poll answers with what is there, with the first that comes, or empty after its time', async () => {
  const { store, write } = await scene()
  await write(1)
  const hub = hubOf(store)
  expect(await hub.wait(ref, 0, 60_000, never)).toMatchObject({ ver: 1, events: [{ ver: 1 }] })
  const waiting = hub.wait(ref, 1, 60_000, never)
  await pass(1_500)
  await write(1)
  await pass(1_000)
  expect(await waiting).toMatchObject({ ver: 2, events: [{ ver: 2 }] })
  const empty = hub.wait(ref, 2, 1_500, never)
  await pass(1_500)
  expect(await empty).toEqual({ ver: 2, reset: false, events: [] })
})

test('a reader is asked to come again after some minutes, so that nobody is followed for ever', async () => {
  const { store } = await scene()
  const reader = listener()
  await hubOf(store).open(ref, null, reader)
  await pass(8 * 60_000)
  expect(reader.isOpen).toBe(true)
  await pass(2 * 60_000)
  expect([reader.heard.at(-1), reader.isOpen]).toEqual(['bye', false])
  expect(vi.getTimerCount()).toBe(0)
})

describe('with a bus', () => {
  test('readers and polls hear at once, and the store is asked by nobody', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const [here, there] = [hubOf(store, bus), hubOf(store, bus)]
    const reader = listener()
    await there.open(ref, null, reader)
    const poll = there.wait(ref, 0, 60_000, never)
    await pass(0)
    const asked = [vi.spyOn(store, 'ver'), vi.spyOn(store.events, 'since')]
    for (const rows of await write(2)) await here.publish(ref, rows)
    await pass(0)
    expect(reader.heard).toEqual(['ver 0', '1', '2'])
    expect(await poll).toMatchObject({ ver: 1, events: [{ ver: 1 }] })
    await pass(20_000)
    for (const question of asked) expect(question).not.toHaveBeenCalled()
  })

  test('a quiet line says every 25 seconds that it is not dead', async () => {
    const { store } = await scene()
    const reader = listener()
    await hubOf(store, memoryPubSub()).open(ref, null, reader)
    await pass(60_000)
    expect(reader.heard).toEqual(['ver 0', 'ver 0', 'ver 0'])
  })

  test('what a reader heard already is not said again, and a gap is read from the store first', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const hub = hubOf(store, bus)
    const reader = listener()
    await hub.open(ref, null, reader)
    await pass(0)
    const [first = [], second = [], third = []] = await write(3)
    await hub.publish(ref, third)
    await hub.publish(ref, first)
    await pass(0)
    expect(reader.heard).toEqual(['ver 0', '1', '2', '3'])
    await hub.publish(ref, [...second, ...third])
    await pass(0)
    expect(reader.heard).toHaveLength(4)
  })

  test('a message too long to carry its events, and one that nobody understands, make a reader look', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const reader = listener()
    await hubOf(store, bus).open(ref, null, reader)
    await pass(0)
    await write(1)
    await bus.publish(eventsTopic(ref), formatVersion(1))
    await pass(0)
    await write(1)
    await bus.publish(eventsTopic(ref), new Uint8Array([1]))
    await pass(0)
    expect(reader.heard).toEqual(['ver 0', '1', '2'])
  })

  test('what the bus lost is noticed within 25 seconds', async () => {
    const { store, write } = await scene()
    const hub = hubOf(
      store,
      lossy(memoryPubSub(), () => true),
    )
    const reader = listener()
    await hub.open(ref, null, reader)
    await pass(0)
    for (const rows of await write(2)) await hub.publish(ref, rows)
    await pass(20_000)
    expect(reader.heard).toEqual(['ver 0'])
    await pass(5_000)
    expect(reader.heard).toEqual(['ver 0', '1', '2'])
  })

  test('a bus that is away or comes late keeps nobody waiting, and what was said until then is read', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const arrived = Promise.withResolvers<void>()
    const away: PubSub = { ...bus, subscribe: () => Promise.reject(new Error('away')) }
    const late: PubSub = { ...bus, subscribe: (...args) => arrived.promise.then(() => bus.subscribe(...args)) }
    const readers = [listener(), listener()] as const
    await hubOf(store, away).open(ref, null, readers[0])
    await hubOf(store, late).open(ref, null, readers[1])
    await pass(0)
    await write(1)
    await pass(1_000)
    for (const reader of readers) expect(reader.heard).toEqual(['ver 0', '1'])
    await write(1)
    arrived.resolve()
    await pass(0)
    expect(readers[1].heard).toEqual(['ver 0', '1', '2'])
  })

  test('whoever leaves is heard no more, however early', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const stops = vi.fn<() => void>()
    const counted: PubSub = {
      ...bus,
      async subscribe(...args) {
        const stop = await bus.subscribe(...args)
        return async () => {
          stops()
          await stop()
        }
      },
    }
    const hub = hubOf(store, counted)
    const reader = listener()
    const leave = await hub.open(ref, null, reader)
    leave()
    const gone = new AbortController()
    const poll = hub.wait(ref, 0, 60_000, gone.signal)
    await pass(0)
    gone.abort()
    expect(await poll).toMatchObject({ events: [] })
    const late = hub.wait(ref, 0, 1_000, never)
    await pass(1_000)
    await late
    expect(stops).toHaveBeenCalledTimes(3)
    expect(reader.isOpen).toBe(false)
    for (const rows of await write(1)) await bus.publish(eventsTopic(ref), formatMessage(await render(ref, rows)))
    await pass(0)
    expect(reader.heard).toEqual(['ver 0', 'bye'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a bus that cannot carry what was said stops nobody from writing', async () => {
    const { store, write } = await scene()
    const bus = { ...memoryPubSub(), publish: () => Promise.reject(new Error('away')) }
    for (const rows of await write(1)) await hubOf(store, bus).publish(ref, rows)
  })
})
