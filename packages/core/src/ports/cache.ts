import type { Bytes, Ms, ThreadRef } from './basics.ts'

/** A finished page as it goes over the wire. */
export interface PageBody {
  ver: number
  builtAt: Ms
  gzip: Bytes
}

/** The right to build one page, held by one process at a time. */
export interface FillLease {
  /** `false`: the lease had ended or a newer version is known; nothing was stored. */
  fill(body: PageBody): Promise<boolean>
}

/** A mark that a write is in flight: readers go to the store until it is lifted or 10 s have passed. */
export interface WriteGuard {
  done(ver: number): Promise<void>
  abort(): Promise<void>
}

/**
 * Finished pages shared between processes. It may lose anything at any time and never makes a reader see an older
 * version after a write was acknowledged. Protocol: `docs/internals/cache.md`.
 */
export interface PageCache {
  /** `writing`: a write is in flight, ask the store and do not fill. */
  get(ref: ThreadRef, page: string): Promise<PageBody | 'writing' | null>
  /** `null`: somebody else is building. A cache that cannot be reached gives a lease that stores nothing. */
  lease(ref: ThreadRef, page: string): Promise<FillLease | null>
  /** Rejects only where a cache was told to refuse writes that it cannot announce; the write is then not done. */
  guard(ref: ThreadRef): Promise<WriteGuard>
  close(): Promise<void>
}
