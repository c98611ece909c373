import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Store } from '../ports/index.ts'
import { listener, numbers, ref, render, scene, silent } from './live.fixture.ts'
import type { LiveHub } from './live.ts'
import { createPollingHub } from './live-poll.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const never = new AbortController().signal

function hubOf(store: Store): LiveHub {
  return createPollingHub({ store, clock: { now: () => Date.now() }, logger: silent, bus: null, render })
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
