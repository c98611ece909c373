import type { Bytes, Clock, FillLease, Ms, PageBody, PageCache, Store, ThreadRef } from '../ports/index.ts'
import type { Gzip } from '../runtime/gzip.ts'
import { contentHash } from './hash.ts'
import type { Lru } from './lru.ts'
import { createLru } from './lru.ts'

/** Bounds what no version can tell, such as an author's new name. */
const maxAgeMs: Ms = 60_000
/** How long a page may be shown past its time when the store does not answer. */
const maxStaleMs: Ms = 5 * 60_000
/** How far memory may lag behind other processes where the store cannot tell cheaply. */
const memoryLagMs: Ms = 1_000
/** How long to wait, time after time, for a page that another process is building. */
const leaseWaitsMs: readonly Ms[] = [0, 5, 15, 40]

/** A page as it goes out. */
export interface PageResult {
  readonly ver: number
  readonly gzip: Bytes
  /** The same bytes unpacked, kept because most handlers and some clients want them plain. */
  readonly plain: Bytes
  /** A hash of the bytes. The version alone does not tell an author's new name, or a store that was set back. */
  readonly tag: string
  /** The store did not answer; this is the last page known. */
  readonly stale: boolean
}

/** What a builder makes of the store. */
export interface BuiltPage {
  readonly ver: number
  readonly json: string
}

/** Serves finished pages. */
export interface PageReader {
  /**
   * The page named `page` of a thread, at least as new as every write acknowledged before the call, and as `min`.
   * @throws whatever `build` throws, unless an older page may stand in
   */
  read(ref: ThreadRef, page: string, min: number, build: () => Promise<BuiltPage>): Promise<PageResult>
  /** A commit of this process reached `ver`: nothing older may be served from now on. */
  wrote(ref: ThreadRef, ver: number): void
}

interface Entry {
  readonly ver: number
  readonly builtAt: Ms
  /** When it was last known that there is no newer one. */
  readonly checkedAt: Ms
  /** Out of the shared cache, for a reader who may have needed less than others do. */
  readonly cached: boolean
  readonly gzip: Bytes
  readonly plain: Bytes
  readonly tag: string
}

interface Flight {
  readonly result: Promise<Entry>
  /** The one that starts when this one ends: for readers who came after this one had begun to read. */
  next: Promise<Entry> | null
}

/**
 * Page bytes by (thread, version): memory first, then the shared cache, then one build.
 *
 * Readers who arrive while a build runs must not get what it read before a write they may already know of. Where the
 * store tells the version, they join and check; elsewhere they wait for the build after it. So a crowd on a cold page
 * costs one or two reads of the store, never one each.
 */
export function createPageReader(options: {
  readonly store: Store
  readonly clock: Clock
  readonly gzip: Gzip
  readonly gunzip: (bytes: Bytes) => Promise<Bytes>
  readonly cache: PageCache | null
  /** Bytes kept in memory. 0 turns memory off. */
  readonly memoryBytes: number
  readonly isolated: boolean
}): PageReader {
  const { store, clock, cache } = options
  const exact = store.capabilities.exactVersion
  const memory: Lru<Entry> = createLru<Entry>(
    options.memoryBytes,
    (entry) => entry.gzip.length + entry.plain.length + 200,
  )
  const known = createLru<number>(10_000)
  const flights = new Map<string, Flight>()

  function isFresh(entry: Entry, need: number): boolean {
    const now = clock.now()
    return entry.ver >= need && now - entry.builtAt < maxAgeMs && (exact || now - entry.checkedAt < memoryLagMs)
  }

  async function fromCache(ref: ThreadRef, page: string, need: number): Promise<Entry | 'writing' | null> {
    if (!cache) return null
    const checkedAt = clock.now()
    const body = await cache.get(ref, page)
    if (body === null || body === 'writing') return body
    const { ver, builtAt, gzip } = body
    if (ver < need || checkedAt - builtAt >= maxAgeMs) return null
    const plain = await options.gunzip(gzip)
    return { ver, builtAt, checkedAt, cached: true, gzip, plain, tag: await contentHash(plain) }
  }

  async function load(ref: ThreadRef, page: string, need: number, build: () => Promise<BuiltPage>): Promise<Entry> {
    let cached = await fromCache(ref, page, need)
    let lease: FillLease | null = null
    for (const waitMs of cache ? leaseWaitsMs : []) {
      if (waitMs > 0) {
        await sleep(waitMs)
        cached = await fromCache(ref, page, need)
      }
      if (cached === null) lease = (await cache?.lease(ref, page)) ?? null
      if (cached !== null || lease !== null) break
    }
    if (cached !== null && cached !== 'writing') return cached
    const builtAt = clock.now()
    const built = await build()
    const plain = new TextEncoder().encode(built.json)
    const gzip = await options.gzip(plain)
    if (lease) await lease.fill({ ver: built.ver, builtAt, gzip } satisfies PageBody)
    const tag = await contentHash(plain)
    return { ver: built.ver, builtAt, checkedAt: builtAt, cached: false, gzip, plain, tag }
  }

  /** One build at a time for each page; see above for who may share which. */
  function fly(key: string, start: () => Promise<Entry>): Promise<Entry> {
    if (options.isolated) return start()
    const running = flights.get(key)
    if (!running) return launch(key, start)
    if (exact) return running.result
    running.next ??= running.result.then(
      () => launch(key, start),
      () => launch(key, start),
    )
    return running.next
  }

  function launch(key: string, start: () => Promise<Entry>): Promise<Entry> {
    const flight: Flight = { result: start(), next: null }
    flights.set(key, flight)
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flight.result.then(land, land)
    return flight.result
  }

  return {
    async read(ref, page, min, build) {
      const key = `${ref.thread}/${page}`
      const entry = memory.get(key)
      try {
        // A store that tells the version is believed, whatever the client claims in `min`.
        const need = exact ? await store.ver(ref) : Math.max(min, known.get(ref.thread) ?? 0)
        if (entry && isFresh(entry, need)) return { ...entry, stale: false }
        const start = (): Promise<Entry> => load(ref, page, need, build)
        let loaded = await fly(key, start)
        // A build that was joined may have begun too early. What was read from the store since we asked is the truth,
        // whatever the client claims in `min`.
        const isOld = (): boolean => loaded.ver < need && (exact || loaded.cached)
        if (isOld()) loaded = await fly(key, start)
        if (isOld()) loaded = await start()
        if (options.memoryBytes > 0) memory.set(key, loaded)
        return { ...loaded, stale: false }
      } catch (error) {
        const least = Math.max(min, known.get(ref.thread) ?? 0)
        if (entry && entry.ver >= least && isOutage(error) && clock.now() - entry.builtAt < maxStaleMs) {
          return { ...entry, stale: true }
        }
        throw error
      }
    },
    wrote(ref, ver) {
      if (ver > (known.get(ref.thread) ?? 0)) known.set(ref.thread, ver)
    },
  }
}

function sleep(ms: Ms): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A refusal with a status is an answer; anything else means that the store could not give one. */
function isOutage(error: unknown): boolean {
  return !(error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500)
}
