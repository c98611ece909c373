import type { Ms } from './basics.ts'
import type { Sort } from './store.ts'

/** A site that has conversations. */
export interface Site {
  /** 1 to 64 characters of `a-z`, `0-9`, `-` and `_`. Part of every thread's id: it can never change. */
  readonly id: string
  /** Exact origins whose pages may show and write comments, such as `https://blog.example.org`. */
  readonly origins: readonly string[]
  /** @default true */
  readonly guests?: boolean
  /** Guests must give an e-mail address. @default false */
  readonly guestEmail?: boolean
  /** `all`: a comment waits for a moderator unless one wrote it. @default 'none' */
  readonly premoderate?: 'none' | 'all'
  /** Replies deeper than this become siblings. 1 to 32. @default 8 */
  readonly maxDepth?: number
  /** @default 'newest' */
  readonly sort?: Sort
  /** How long authors may edit. @default 1800000 (30 minutes) */
  readonly editWindowMs?: Ms
}

/** Finds a site by id; `null` when there is none. */
export type FindSite = (id: string) => Site | null | Promise<Site | null>
