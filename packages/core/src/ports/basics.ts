/** A moment or a length of time in milliseconds. Moments count from the Unix epoch. */
export type Ms = number

/** Id of a comment or an event: 16 characters, sorts by time of creation. Made only by {@link Ids}. */
export type Id = string

/** Id of a thread: 20 characters, derived from the site and the page key, so it is known before anything is stored. */
export type ThreadId = string

/** Raw bytes over a plain buffer, the form that every runtime can send. */
export type Bytes = Uint8Array<ArrayBuffer>

/** What survives JSON unchanged. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The time, as a dependency, so that tests can move it. */
export interface Clock {
  /** Now, in epoch milliseconds. Never goes backwards within one process by more than the host's clock does. */
  now(): Ms
}

/** The one place where ids and secrets are made. */
export interface Ids {
  /** A new id for the moment `at`. Ids of one process are strictly increasing for a non-decreasing `at`. */
  next(at: Ms): Id
  /**
   * The id of something that another system already named: the same `at` and `name` give the same id, always.
   * Used by imports, so that a second run finds what the first one wrote.
   */
  derived(at: Ms, name: string): Id
  /** A base64url secret of so many random bytes. */
  secret(bytes: number): string
}

/** A thread and the site it belongs to. Every call on a thread names both. */
export interface ThreadRef {
  readonly site: string
  readonly thread: ThreadId
}
