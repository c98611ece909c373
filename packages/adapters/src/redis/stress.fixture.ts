import { createConfab } from '@confab/core'
import type { Confab } from '@confab/core'
import { memoryStore } from '@confab/core/memory'
import type { Logger, PageCache, Store } from '@confab/core/ports'

/** A store shared by several processes, as far as they can tell: what it says takes its time and may be old by then. */
export interface SlowStore {
  readonly store: Store
  /** Reads of a page so far. */
  reads(): number
}

export function slowStore(maxDelayMs: number): SlowStore {
  const store = memoryStore()
  let reads = 0
  const delay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * maxDelayMs))
  return {
    reads: () => reads,
    store: {
      ...store,
      // As MongoDB: the version is not known without asking, so pages are trusted to the cache.
      capabilities: { exactVersion: false },
      async page(query) {
        reads += 1
        const page = await store.page(query)
        await delay()
        return page
      },
      async commit(target, ops, options) {
        await delay()
        const commit = await store.commit(target, ops, options)
        await delay()
        return commit
      },
      // It outlives each of the apps that share it.
      close: () => Promise.resolve(),
    },
  }
}

const silent: Logger = { info() {}, warn() {}, error() {} }

/** One process of many: no memory of its own, so that every read asks the cache. */
export function app(store: Store, cache: PageCache | null, pageMemoryBytes = 0): Confab {
  return createConfab({
    store,
    sites: [{ id: 'blog', origins: ['https://blog.example.org'] }],
    ...(cache && { cache }),
    limits: { read: false, write: false, address: false },
    logger: silent,
    pageMemoryBytes,
  })
}

export interface StressResult {
  reads: number
  writes: number
  /** Answers older than a write that was acknowledged before the question. */
  stale: number
  /** How long such answers came after the write was acknowledged, in ms. */
  staleForMs: number
  failed: number
  /** Of reads, in ms. */
  p99: number
}

/** Reads and writes the same few threads through several apps for a while, and counts every answer that is too old. */
export async function stress(
  apps: readonly Confab[],
  options: { readonly ms: number; readonly readers: number; readonly writers: number; readonly threads?: number },
): Promise<StressResult> {
  const keys = Array.from({ length: options.threads ?? 4 }, () => `/stress/${Math.random()}`)
  const acknowledged = new Map(keys.map((key) => [key, { count: 0, at: 0 }]))
  const result: StressResult = { reads: 0, writes: 0, stale: 0, staleForMs: 0, failed: 0, p99: 0 }
  const times: number[] = []
  const endAt = performance.now() + options.ms

  const pick = <T>(from: readonly T[]): T => {
    const one = from[Math.floor(Math.random() * from.length)]
    if (one === undefined) throw new Error('Nothing to pick from')
    return one
  }

  async function write(): Promise<void> {
    const pageKey = pick(keys)
    const author = { id: 'writer', name: 'Writer' }
    await pick(apps).api.comments.create({ site: 'blog', pageKey, author, body: 'A few words.' })
    result.writes += 1
    const known = acknowledged.get(pageKey)
    acknowledged.set(pageKey, { count: (known?.count ?? 0) + 1, at: performance.now() })
  }

  async function read(): Promise<void> {
    const pageKey = pick(keys)
    const before = acknowledged.get(pageKey) ?? { count: 0, at: 0 }
    const begin = performance.now()
    const page = await pick(apps).api.comments.list({ site: 'blog', pageKey, limit: 5 })
    times.push(performance.now() - begin)
    result.reads += 1
    if (page.thread.comments >= before.count) return
    result.stale += 1
    result.staleForMs = Math.max(result.staleForMs, begin - before.at)
  }

  async function repeat(work: () => Promise<void>, pauseMs: number): Promise<void> {
    while (performance.now() < endAt) {
      await work().catch(() => (result.failed += 1))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * pauseMs))
    }
  }

  await Promise.all([
    ...Array.from({ length: options.readers }, () => repeat(read, 2)),
    ...Array.from({ length: options.writers }, () => repeat(write, 120)),
  ])
  result.p99 = percentile(times, 0.99)
  return result
}

export function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
