import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryPubSub } from '../memory/index.ts'
import type { PubSub, Store } from '../ports/index.ts'
import { hubOf, listener, lossy, numbers, ref, render, scene } from './live.fixture.ts'

const heartbeatMs = 25_000
const windowMs = 250

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

const pass = (ms = windowMs): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

describe('a reader', () => {
  test('hears where the thread is, then everything in order', async () => {
    const { store, write } = await scene()
    await write(3)
    const hub = hubOf(store)
    const reader = listener()
    await hub.open(ref, null, reader)
    for (const rows of await write(3)) void hub.publish(ref, rows)
    await pass()
    expect(reader.heard).toEqual(['ver 3', '4', '5', '6'])
  })

  test('hears what came in a quiet moment at once, and a burst together', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const reader = listener()
    await hub.open(ref, null, reader)
    for (const rows of await write(1)) await hub.publish(ref, rows)
    expect(reader.heard).toEqual(['ver 0', '1'])
    for (const rows of await write(5)) await hub.publish(ref, rows)
    expect(reader.chunks).toHaveLength(2)
    await pass()
    expect(reader.chunks).toHaveLength(3)
    expect(reader.heard).toEqual(['ver 0', ...numbers(1, 6)])
  })

  test('hears in order what is published in disorder, and never twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 8 }), async (scheduler, count) => {
        const { store, write } = await scene()
        const hub = hubOf(store, { render: scheduler.scheduleFunction(render) })
        const reader = listener()
        await hub.open(ref, null, reader)
        const commits = await write(count)
        const published = commits.map((rows) => hub.publish(ref, rows))
        await scheduler.waitFor(Promise.all([...published, hub.publish(ref, commits[0] ?? [])]))
        await pass()
        expect(reader.heard).toEqual(['ver 0', ...numbers(1, count)])
        hub.close()
      }),
      { numRuns: 60 },
    )
  })

  test('hears what nobody published, as soon as anything is', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const reader = listener()
    await hub.open(ref, null, reader)
    const [, , third = []] = await write(3)
    await hub.publish(ref, third)
    await pass()
    expect(reader.heard).toEqual(['ver 0', '1', '2', '3'])
  })

  test('hears what nobody published at all with the next heartbeat', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const reader = listener()
    await hub.open(ref, null, reader)
    await write(2)
    await pass(heartbeatMs)
    expect(reader.heard).toEqual(['ver 0', '1', '2', 'ver 2'])
    await pass(heartbeatMs)
    expect(reader.heard.at(-1)).toBe('ver 2')
  })

  test('who comes back hears what they missed, from memory or from the store', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    await write(3)
    const first = listener()
    await hub.open(ref, null, first)
    for (const rows of await write(3)) await hub.publish(ref, rows)
    const [fromMemory, fromStore] = [listener(), listener()]
    await hub.open(ref, 4, fromMemory)
    await hub.open(ref, 1, fromStore)
    expect([fromMemory.heard, fromStore.heard]).toEqual([numbers(5, 6), numbers(2, 6)])
    await pass()
    expect([fromMemory.heard, fromStore.heard]).toEqual([numbers(5, 6), numbers(2, 6)])
  })

  test('who comes hears of what this process was not told', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const early = listener()
    await hub.open(ref, null, early)
    await write(2)
    await pass(2_000)
    const late = listener()
    await hub.open(ref, 0, late)
    expect(late.heard).toEqual(['1', '2'])
    await pass()
    expect(early.heard).toEqual(['ver 0', '1', '2'])
  })

  test('who missed too much is told to load again: pruned, ahead, too many, too long', async () => {
    const { store, write } = await scene()
    await write(600)
    const hub = hubOf(store)
    const heard = async (after: number): Promise<string[]> => {
      const reader = listener()
      await hub.open(ref, after, reader)
      return reader.heard
    }
    expect(await heard(700)).toEqual(['reset 600'])
    expect(await heard(1)).toEqual(['reset 600'])
    expect(await heard(590)).toEqual(numbers(591, 600))
    const long = hubOf(store, {
      render: async (to, rows) =>
        (await render(to, rows)).map((event) => ({ ...event, view: { text: 'x'.repeat(10_000) } })),
    })
    const reader = listener()
    await long.open(ref, 590, reader)
    expect(reader.heard).toEqual(['reset 600'])
    expect(reader.chunks.join('').length).toBeLessThan(1_000)

    const events = await store.events.claim({ limit: 1_000, leaseMs: 0, now: 10, before: 10 })
    await store.events.done(events.map((event) => event.id))
    await store.prune({ keysBefore: 0, eventsBefore: 10 })
    expect(await heard(590)).toEqual(['reset 600'])
    expect(await heard(600)).toEqual(['ver 600'])
  })

  test('is told to load again when a burst is longer than what is remembered', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const reader = listener()
    await hub.open(ref, null, reader)
    for (const rows of await write(1)) await hub.publish(ref, rows)
    for (const rows of await write(300)) await hub.publish(ref, rows)
    await pass()
    expect(reader.heard).toEqual(['ver 0', '1', 'reset 301'])
    for (const rows of await write(1)) await hub.publish(ref, rows)
    await pass()
    expect(reader.heard.at(-1)).toBe('302')
  })

  test('who does not keep up is let go, and no other is held up', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const [slow, quick] = [listener(), listener()]
    await hub.open(ref, null, slow)
    await hub.open(ref, null, quick)
    slow.isSlow = true
    for (const rows of await write(3)) {
      await hub.publish(ref, rows)
      await pass()
    }
    expect([slow.isOpen, slow.heard]).toEqual([false, ['ver 0', '1']])
    expect([quick.isOpen, quick.heard]).toEqual([true, ['ver 0', '1', '2', '3']])
  })

  test('who leaves hears nothing more', async () => {
    const { store, write } = await scene()
    const hub = hubOf(store)
    const reader = listener()
    const leave = await hub.open(ref, null, reader)
    leave()
    for (const rows of await write(1)) await hub.publish(ref, rows)
    await pass(heartbeatMs)
    expect(reader.heard).toEqual(['ver 0'])
  })

  test('is asked to come again when the store does not answer, and so are all who wait behind', async () => {
    const { store, write } = await scene()
    let away = true
    const flaky: Store = { ...store, ver: (to) => (away ? Promise.reject(new Error('away')) : store.ver(to)) }
    const hub = hubOf(flaky)
    const [one, two] = [listener(), listener()]
    await Promise.all([hub.open(ref, null, one), hub.open(ref, 3, two)])
    expect([one.heard, one.isOpen, two.heard, two.isOpen]).toEqual([['bye'], false, ['bye'], false])
    await expect(hub.wait(ref, 0, 1_000, new AbortController().signal)).rejects.toThrow('away')
    away = false
    await write(1)
    const later = listener()
    await hub.open(ref, 0, later)
    expect(later.heard).toEqual(['1'])
  })

  test('hears a farewell at the end, with a time to come again that is not the same for all', async () => {
    const { store } = await scene()
    const hub = hubOf(store)
    const readers = Array.from({ length: 20 }, listener)
    for (const reader of readers) await hub.open(ref, null, reader)
    hub.close()
    const times = readers.map((reader) => Number(/^retry: (\d+)$/m.exec(reader.chunks.at(-1) ?? '')?.[1]))
    expect(readers.every((reader) => reader.heard.at(-1) === 'bye' && !reader.isOpen)).toBe(true)
    expect(times.every((time) => time >= 1_000 && time <= 3_000)).toBe(true)
    expect(new Set(times).size).toBeGreaterThan(5)
    const late = listener()
    await hub.open(ref, null, late)
    expect([late.heard, late.isOpen]).toEqual([['bye'], false])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('between processes', () => {
  test('readers hear what others write', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    const [one, two] = [hubOf(store, { bus }), hubOf(store, { bus })]
    const reader = listener()
    await two.open(ref, null, reader)
    for (const rows of await write(4)) await one.publish(ref, rows)
    await pass()
    expect(reader.heard).toEqual(['ver 0', ...numbers(1, 4)])
  })

  test('what the bus loses, doubles or cannot carry is read from the store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), fc.boolean(), async (lost, isLong) => {
        const { store, write } = await scene()
        const bus = memoryPubSub()
        const chances = [...lost]
        const long: typeof render = async (to, rows) =>
          (await render(to, rows)).map((event) => ({ ...event, view: { text: 'x'.repeat(20_000) } }))
        const one = hubOf(store, { bus: lossy(bus, () => chances.shift() ?? false), ...(isLong && { render: long }) })
        const two = hubOf(store, { bus })
        const reader = listener()
        await two.open(ref, null, reader)
        for (const rows of await write(lost.length)) {
          await one.publish(ref, rows)
          await one.publish(ref, rows)
          await pass()
        }
        await pass(heartbeatMs)
        const heard = reader.heard.filter((name) => !name.startsWith('ver'))
        expect(heard).toEqual(numbers(1, lost.length))
        one.close()
        two.close()
      }),
      { numRuns: 40 },
    )
  })

  test('what is no message of ours is not heard', async () => {
    const { store } = await scene()
    const bus = memoryPubSub()
    const hub = hubOf(store, { bus })
    const reader = listener()
    await hub.open(ref, null, reader)
    for (const text of [
      '',
      '{',
      'null',
      '7',
      '[]',
      '{"events":7}',
      '{"events":[{"ver":1}]}',
      '{"ver":"9"}',
      '\ud800',
    ]) {
      await bus.publish(`c/1/${ref.site}/t/${ref.thread}/e`, new TextEncoder().encode(text))
    }
    // Says more than there is: the store knows better.
    await bus.publish(`c/1/${ref.site}/t/${ref.thread}/e`, new TextEncoder().encode('{"ver":9}'))
    await pass(heartbeatMs)
    expect(reader.heard).toEqual(['ver 0', 'ver 0'])
  })

  test('a broker that is away keeps nobody waiting, and is heard when it is back', async () => {
    const { store, write } = await scene()
    const bus = memoryPubSub()
    for (const away of [() => Promise.reject(new Error('away')), () => new Promise<never>(() => undefined)]) {
      let isAway = true
      const flaky: PubSub = { ...bus, subscribe: (filter, on) => (isAway ? away() : bus.subscribe(filter, on)) }
      const hub = hubOf(store, { bus: flaky })
      const reader = listener()
      const from = await store.ver(ref)
      await hub.open(ref, null, reader)
      for (const rows of await write(1)) await hub.publish(ref, rows)
      await pass()
      expect(reader.heard).toEqual([`ver ${from}`, `${from + 1}`])
      isAway = false
      await pass(heartbeatMs)
      hub.close()
    }
    const other = hubOf(store, { bus })
    let isAway = true
    const flaky: PubSub = {
      ...bus,
      subscribe: (filter, on) => (isAway ? Promise.reject(new Error('away')) : bus.subscribe(filter, on)),
    }
    const hub = hubOf(store, { bus: flaky })
    const reader = listener()
    await hub.open(ref, null, reader)
    isAway = false
    await pass(heartbeatMs)
    for (const rows of await write(1)) await other.publish(ref, rows)
    await pass()
    expect(reader.heard.at(-1)).toBe(`${await store.ver(ref)}`)
  })

  test('the bus is left half a minute after the last reader', async () => {
    const { store } = await scene()
    const bus = memoryPubSub()
    let listening = 0
    const counted: PubSub = {
      ...bus,
      async subscribe(filter, on) {
        const stop = await bus.subscribe(filter, on)
        listening += 1
        return async () => {
          listening -= 1
          await stop()
        }
      },
    }
    const hub = hubOf(store, { bus: counted })
    const leave = await hub.open(ref, null, listener())
    leave()
    await pass(29_000)
    expect(listening).toBe(1)
    // Somebody comes in time.
    const leaveAgain = await hub.open(ref, null, listener())
    await pass(60_000)
    expect(listening).toBe(1)
    leaveAgain()
    leaveAgain()
    await pass(31_000)
    expect(listening).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a long poll', () => {
  const never = new AbortController().signal

  test('answers at once with what is there, or with the first that comes', async () => {
    const { store, write } = await scene()
    await write(2)
    const hub = hubOf(store)
    expect((await hub.wait(ref, 1, 60_000, never)).events.map((event) => event.ver)).toEqual([2])
    const waiting = hub.wait(ref, 2, 60_000, never)
    await pass(1)
    for (const rows of await write(1)) await hub.publish(ref, rows)
    expect(await waiting).toMatchObject({ ver: 3, reset: false, events: [{ ver: 3 }] })
  })

  test('ends empty after its time, and at once when nobody waits any more', async () => {
    const { store } = await scene()
    const hub = hubOf(store)
    const nothing = { ver: 0, reset: false, events: [] }
    const waiting = hub.wait(ref, 0, 5_000, never)
    await pass(5_000)
    expect(await waiting).toEqual(nothing)
    const gone = new AbortController()
    const left = hub.wait(ref, 0, 60_000, gone.signal)
    await pass(1)
    gone.abort()
    expect(await left).toEqual(nothing)
    expect(await hub.wait(ref, 0, 60_000, gone.signal)).toEqual(nothing)
    const closing = hub.wait(ref, 0, 60_000, never)
    await pass(1)
    hub.close()
    expect(await closing).toEqual(nothing)
    expect(await hub.wait(ref, 0, 60_000, never)).toEqual(nothing)
    expect(vi.getTimerCount()).toBe(0)
  })
})
