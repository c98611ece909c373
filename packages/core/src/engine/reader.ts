import type { Bytes, Clock, Ms, PageBody, PageCache, Store, ThreadRef } from '../ports/index.ts'
import type { Gzip } from '../runtime/gzip.ts'
import type { Lru } from './lru.ts'
import { createLru } from './lru.ts'

/** Bounds what no version can tell, such as an author's new name. */
const maxAgeMs: Ms = 60_000
/** How long a page may be shown past its time when the store does not answer. */
const maxStaleMs: Ms = 5 * 60_000
/** How far memory may lag behind other processes where the store cannot tell cheaply. */
const memoryLagMs: Ms = 1_000

/** A page as it goes out. */
export interface PageResult {
  readonly ver: number
  readonly gzip: Bytes
  /** The same bytes unpacked, kept because most handlers and some clients want them plain. */
  readonly plain: Bytes
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
  readonly gzip: Bytes
  readonly plain: Bytes
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
    const age = clock.now() - entry.builtAt
    return entry.ver >= need && age < (exact ? maxAgeMs : memoryLagMs)
  }

  async function fromCache(ref: ThreadRef, page: string, need: number): Promise<Entry | 'writing' | null> {
    if (!cache) return null
    const body = await cache.get(ref, page)
    if (body === null || body === 'writing') return body
    if (body.ver < need || clock.now() - body.builtAt >= maxAgeMs) return null
    return { ver: body.ver, builtAt: body.builtAt, gzip: body.gzip, plain: await options.gunzip(body.gzip) }
  }

  async function load(ref: ThreadRef, page: string, need: number, build: () => Promise<BuiltPage>): Promise<Entry> {
    const cached = await fromCache(ref, page, need)
    if (cached !== null && cached !== 'writing') return cached
    const lease = cached === null ? await cache?.lease(ref, page) : null
    const builtAt = clock.now()
    const built = await build()
    const plain = new TextEncoder().encode(built.json)
    const entry: Entry = { ver: built.ver, builtAt, gzip: await options.gzip(plain), plain }
    if (lease) await lease.fill({ ver: entry.ver, builtAt, gzip: entry.gzip } satisfies PageBody)
    return entry
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
        let loaded = await fly(key, () => load(ref, page, need, build))
        if (loaded.ver < need) loaded = await load(ref, page, need, build)
        if (options.memoryBytes > 0) memory.set(key, loaded)
        return { ...loaded, stale: false }
      } catch (error) {
        if (entry && entry.ver >= min && isOutage(error) && clock.now() - entry.builtAt < maxStaleMs) {
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

/** A refusal with a status is an answer; anything else means that the store could not give one. */
function isOutage(error: unknown): boolean {
  return !(error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500)
}
