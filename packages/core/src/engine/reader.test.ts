import * as runner from 'vitest'
import { describe, expect, test } from 'vitest'
import type { PageCache, Store } from '../ports/index.ts'
import { memoryStore } from '../memory/index.ts'
import { gunzip, gzip } from '../runtime/gzip.ts'
import { pageCacheSuite } from '../testing/index.ts'
import type { SharedPages } from './reader.fixture.ts'
import { sharedPages } from './reader.fixture.ts'
import type { BuiltPage, PageReader } from './reader.ts'
import { createPageReader } from './reader.ts'

const ref = { site: 'blog', thread: '0123456789abcdefghjk' }

pageCacheSuite(runner, 'the model', {
  setup: async () => {
    const pages = sharedPages()
    return { one: pages.connect(), two: pages.connect() }
  },
})

/** A store of which only the version matters here; what it says is said a moment later, as over a network. */
interface Source {
  ver: number
  builds: number
  readonly running: Set<() => void>
  readonly build: () => Promise<BuiltPage>
}

function source(): Source {
  const self: Source = {
    ver: 0,
    builds: 0,
    running: new Set(),
    async build() {
      self.builds += 1
      const { ver } = self
      await new Promise<void>((resolve) => self.running.add(resolve))
      return { ver, json: `{"ver":${ver}}` }
    },
  }
  return self
}

function open(
  from: Source,
  options: { exact: boolean; cache?: PageCache | null; memoryBytes?: number; at?: () => number },
) {
  const store: Store = {
    ...memoryStore(),
    capabilities: { exactVersion: options.exact },
    ver: () => Promise.resolve(from.ver),
  }
  return createPageReader({
    store,
    clock: { now: options.at ?? Date.now },
    gzip,
    gunzip,
    cache: options.cache ?? null,
    memoryBytes: options.memoryBytes ?? 1_000_000,
    isolated: false,
  })
}

/** Lets builds end as they begin, until `work` is done. */
async function finish<T>(from: Source, work: Promise<T>): Promise<T> {
  let done = false
  void work.finally(() => (done = true)).catch(() => undefined)
  while (!done) {
    for (const end of from.running) {
      from.running.delete(end)
      end()
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return work
}

function crowd(reader: PageReader, from: Source, count: number, min = 0): Promise<number[]> {
  const reads = Array.from({ length: count }, async () => (await reader.read(ref, 'p', min, from.build)).ver)
  return Promise.all(reads)
}

async function underWay(from: Source): Promise<void> {
  await expect.poll(() => from.running.size).toBeGreaterThan(0)
}

describe.each([true, false])('a store that tells its version cheaply: %s', (exact) => {
  test('a crowd on a cold page costs at most two builds', async () => {
    const from = source()
    expect(new Set(await finish(from, crowd(open(from, { exact }), from, 500)))).toEqual(new Set([0]))
    expect(from.builds).toBeLessThanOrEqual(2)
  })

  test('a crowd that comes during a build that is too old costs one more, not one each', async () => {
    const from = source()
    const reader = open(from, { exact })
    const early = crowd(reader, from, 1)
    await underWay(from)
    from.ver = 1
    reader.wrote(ref, 1)
    const late = crowd(reader, from, 500)
    await finish(from, Promise.all([early, late]))
    expect(new Set(await late)).toEqual(new Set([1]))
    expect(from.builds).toBeLessThanOrEqual(3)
  })

  test('a version that does not exist yet costs no more than any other read', async () => {
    const from = source()
    expect(await finish(from, crowd(open(from, { exact }), from, 100, 1_000_000))).toHaveLength(100)
    expect(from.builds).toBeLessThanOrEqual(2)
  })

  test('a page from before may stand in while the store is away, but not one from before a write of this process', async () => {
    const from = source()
    let now = 1_000_000
    const reader = open(from, { exact, at: () => now })
    await finish(from, crowd(reader, from, 1))
    now += 61_000
    const away = (): Promise<BuiltPage> => Promise.reject(new Error('away'))
    expect(await reader.read(ref, 'p', 0, away)).toMatchObject({ ver: 0, stale: true })
    await expect(reader.read(ref, 'p', 1, away)).rejects.toThrow('away')
    const refusal = Object.assign(new Error('hidden'), { status: 404 })
    await expect(reader.read(ref, 'p', 0, () => Promise.reject(refusal))).rejects.toBe(refusal)
    reader.wrote(ref, 1)
    await expect(reader.read(ref, 'p', 0, away)).rejects.toThrow('away')
    now += 5 * 60_000
    await expect(reader.read({ ...ref }, 'p', 0, away)).rejects.toThrow('away')
  })

  test('a build that fails does not fail those who come after it', async () => {
    const from = source()
    const reader = open(from, { exact })
    await expect(reader.read(ref, 'p', 0, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await finish(from, crowd(reader, from, 1))).toEqual([0])
  })
})

describe('with a shared cache', () => {
  function pair(options: { memoryBytes?: number; at?: () => number } = {}) {
    const from = source()
    const pages = sharedPages()
    const reader = () => open(from, { exact: false, cache: pages.connect(), ...options })
    return { from, pages, one: reader(), two: reader() }
  }

  async function write(pages: SharedPages, from: Source): Promise<void> {
    const guard = await pages.connect().guard(ref)
    from.ver += 1
    await guard.done(from.ver)
  }

  test('two processes build a page once between them', async () => {
    const { from, one, two } = pair()
    await finish(from, Promise.all([crowd(one, from, 200), crowd(two, from, 200)]))
    expect(from.builds).toBe(1)
  })

  test('whoever may not build waits a moment, and builds when nothing comes', async () => {
    const { from, pages, one } = pair()
    await pages.connect().lease(ref, 'p')
    const begin = performance.now()
    expect(await finish(from, crowd(one, from, 1))).toEqual([0])
    expect(performance.now() - begin).toBeGreaterThan(50)
    expect(performance.now() - begin).toBeLessThan(1_000)
  })

  test('a page out of the cache stays in memory for a second after it was looked up, however old it is', async () => {
    let now = 1_000_000
    const { from, pages, one, two } = pair({ at: () => now })
    await finish(from, crowd(one, from, 1))
    now += 30_000
    await crowd(two, from, 1)
    pages.flush()
    now += 900
    expect(await crowd(two, from, 1)).toEqual([0])
    expect(from.builds).toBe(1)
    now += 200
    await finish(from, crowd(two, from, 1))
    expect(from.builds).toBe(2)
  })

  test('no page outlives a minute', async () => {
    let now = 1_000_000
    const { from, one, two } = pair({ at: () => now })
    await finish(from, crowd(one, from, 1))
    now += 60_000
    await finish(from, crowd(two, from, 1))
    expect(from.builds).toBe(2)
  })

  test('a page of before a write is not used after it', async () => {
    const { from, pages, one, two } = pair({ memoryBytes: 0 })
    await finish(from, crowd(one, from, 1))
    await write(pages, from)
    expect(await finish(from, crowd(two, from, 1))).toEqual([1])
    expect(await crowd(one, from, 1)).toEqual([1])
  })

  test('a writer reads its own write even where the cache has lost it', async () => {
    const { from, pages, one, two } = pair()
    await finish(from, crowd(one, from, 1))
    from.ver = 1
    expect(await finish(from, crowd(two, from, 1, 1))).toEqual([1])
    pages.flush()
    two.wrote(ref, 2)
    from.ver = 2
    expect(await finish(from, crowd(two, from, 1))).toEqual([2])
  })
})
