import type { Id, Json, Ms, ThreadId, ThreadRef } from './basics.ts'
import type { EventLog, EventRow } from './events.ts'

/** What a commit needs to make the thread's row when this is its first write. */
export interface ThreadTarget extends ThreadRef {
  readonly key: string
  readonly url?: string | null
  readonly title?: string | null
}

export type ThreadState = 'open' | 'locked' | 'hidden'

/** One conversation as it is stored. */
export interface ThreadRow {
  thread: ThreadId
  site: string
  key: string
  url: string | null
  title: string | null
  /** Grows by the number of events of each commit. The cache version, the ETag, the event id. */
  ver: number
  /** Published comments. */
  total: number
  /** Visible comments without a parent. */
  roots: number
  state: ThreadState
  createdAt: Ms
  /** Time of the newest comment ever published here. */
  lastAt: Ms | null
}

export type Role = 'guest' | 'member' | 'moderator' | 'admin'

/** Somebody who wrote on a site. The same person on two sites is two rows: sites are strangers. */
export interface UserRow {
  site: string
  id: string
  name: string
  avatar: string | null
  website: string | null
  /** Never in a public answer. */
  email: string | null
  role: Role
  /** Last change, epoch ms. */
  at: Ms
}

/** The public part of a {@link UserRow}, joined to each comment. */
export type AuthorRow = Pick<UserRow, 'id' | 'name' | 'avatar' | 'website' | 'role'>

export type Status = 'published' | 'pending' | 'spam' | 'rejected' | 'deleted'

/** One comment as it is stored, with its author's present name. */
export interface CommentRow {
  id: Id
  thread: ThreadId
  parent: Id | null
  /** The comment at the top of this branch; itself for a root. */
  root: Id
  /** Ancestors from the root down, itself last. Never changes. */
  path: Id[]
  /** 0 for a root. */
  depth: number
  /** The comment really answered, where the depth limit made it a sibling. */
  replyTo: Id | null
  author: AuthorRow
  status: Status
  /** Appears in public lists: it is published, or it keeps the place of visible replies. */
  visible: boolean
  /** Starts at 1, raised by each edit. */
  rev: number
  /** What the author typed, in Markdown; empty once erased. */
  source: string
  /** Finished, safe HTML of `source`. */
  html: string
  up: number
  down: number
  /** Visible direct replies. */
  replies: number
  /** Published comments below this one. */
  descendants: number
  at: Ms
  editedAt: Ms | null
}

export type Sort = 'newest' | 'oldest'

/** A place in a sorted list. `rank` is 0 for the sorts by time. */
export interface Cursor {
  readonly rank: number
  readonly id: Id
}

/** One page of the visible comments under one parent, by keyset: the cost does not grow with the thread. */
export interface PageQuery extends ThreadRef {
  /** `null`: the roots. */
  readonly parent: Id | null
  readonly sort: Sort
  /** 1 to 100. */
  readonly limit: number
  /** Rows behind this place in the order of `sort`. */
  readonly after?: Cursor
  /** The last rows in front of this place, still in the order of `sort`. Not together with `after`. */
  readonly before?: Cursor
  /** The row at the cursor belongs to the page. */
  readonly inclusive?: boolean
  /** So many first replies, oldest first, under each row. 0 or absent: none. */
  readonly replies?: number
}

export interface Page {
  /** Read before the rows, so the rows are never older than `thread.ver` says. `null`: nothing was ever written. */
  thread: ThreadRow | null
  rows: CommentRow[]
  /** There are further rows in the direction of reading. */
  more: boolean
  /** The first replies of each row that has any, when asked for. */
  replies: Map<Id, CommentRow[]>
}

/** Who did it and what they said before: one row for each text an edit replaced. */
export interface RevisionRow {
  rev: number
  source: string
  by: string
  at: Ms
}

/** Makes a repeated request harmless: the second one with the same scope and value finds the first one's comment. */
export interface IdempotencyKey {
  /** Whose keys these are: a user id, or one name for all guests. */
  readonly scope: string
  readonly value: string
  /** Hash of what was asked, so that a key reused for something else is noticed. */
  readonly hash: string
}

/**
 * A change to one thread. A closed list: what is not here cannot happen to a thread.
 *
 * A `create` is checked in this order: idempotency key, id, state of the thread (only an `open` one takes comments), parent.
 */
export type Op =
  | {
      readonly op: 'create'
      readonly id: Id
      readonly parent: Id | null
      readonly replyTo: Id | null
      /** Id of a user that `users.put` has stored. */
      readonly author: string
      readonly source: string
      readonly html: string
      readonly status: Status
      readonly at: Ms
      readonly key: IdempotencyKey | null
      /**
       * Written by somebody else long ago: a locked thread and a parent that is not published are accepted,
       * and an id that exists already answers `repeat`.
       */
      readonly imported?: boolean
    }
  | {
      readonly op: 'edit'
      readonly id: Id
      /** Refused with `conflict` when the comment has another `rev` or was deleted: an erased text cannot come back. */
      readonly ifRev: number
      readonly source: string
      readonly html: string
      readonly by: string
      readonly at: Ms
    }
  | {
      readonly op: 'status'
      readonly id: Id
      readonly to: Status
      readonly by: string
      readonly at: Ms
      /** Refused with `conflict` when the status is none of these now. */
      readonly ifStatus?: readonly Status[]
      /** Blanks text and revisions for good. */
      readonly erase?: boolean
    }
  | {
      readonly op: 'thread'
      readonly set: { readonly url?: string | null; readonly title?: string | null; readonly state?: ThreadState }
      readonly by: string
      readonly at: Ms
    }
  /**
   * Takes a comment away as if it had never been; where other comments stand under it, it is erased to a placeholder of
   * status `deleted`. Purge replies before what they answer, and nothing is left.
   */
  | { readonly op: 'purge'; readonly id: Id; readonly at: Ms }

export type OpError =
  | 'not_found'
  /** `ifRev` or `ifStatus` did not hold; `row` is the present one, which no other error carries. */
  | 'conflict'
  | 'locked'
  /** The parent is missing or not published. */
  | 'parent_not_found'
  /** The idempotency key was used for something else. */
  | 'key_reused'
  /** The id is taken by another comment. */
  | 'exists'

export type OpResult =
  | {
      readonly ok: true
      /** The comment right after this change; `null` after `purge` and `thread`. */
      readonly row: CommentRow | null
      /** It had been done before (or there was nothing to change), nothing changed now. */
      readonly repeat: boolean
    }
  | { readonly ok: false; readonly error: OpError; readonly row: CommentRow | null }

/** A commit that changes nothing writes nothing, whatever its options. */
export interface CommitOptions {
  /** One `thread.changed` event for the whole commit instead of one for each change. For imports. */
  readonly silent?: boolean
  /**
   * Nobody but readers waits for the events: they are stored as delivered, and no second write has to say so. `claim`
   * never answers them.
   */
  readonly delivered?: boolean
  /** Makes ids for the events. Called again when a store tries a commit again. */
  readonly eventId: (at: Ms) => Id
  /** When this is written: the time of its events and keys. */
  readonly at: Ms
}

export interface Commit {
  /** The thread after the commit; `null` only when it does not exist and nothing was written. */
  thread: ThreadRow | null
  /** One for each op, in order. */
  results: OpResult[]
  /** What became visible, in the order of `ver`, and what only moderators may know (with `ver: null`). */
  events: EventRow[]
}

export type ListQuery =
  /** Newest published comments of a site. */
  | { readonly by: 'site'; readonly site: string; readonly limit: number; readonly after?: Id }
  /** What waits for a moderator, oldest first. */
  | {
      readonly by: 'queue'
      readonly site: string
      readonly status: 'pending' | 'spam'
      readonly limit: number
      readonly after?: Id
    }
  /** Everything one user wrote on a site, newest first, whatever its status. */
  | { readonly by: 'author'; readonly site: string; readonly user: string; readonly limit: number; readonly after?: Id }

/** Users of one site. */
export interface UserStore {
  /** In the order of `ids`; `null` where there is none. */
  get(site: string, ids: readonly string[]): Promise<(UserRow | null)[]>
  /** Inserts or replaces the row of `(site, id)`. Durable before it answers. */
  put(user: UserRow): Promise<void>
}

/**
 * Declares a collection of {@link Records}: `indexes` name the fields a list can be asked by, in order. An indexed field
 * holds `null`, a boolean, a number or a string (a write of anything else rejects); an absent one counts as `null`.
 */
export interface RecordSpec {
  readonly name: string
  readonly indexes: { readonly [name: string]: readonly string[] }
}

/** A small document of a feature: JSON, with an id and a revision that starts at 1 and grows with each write. */
export interface StoredRecord {
  id: string
  rev: number
  [field: string]: Json
}

/** `put` replaces the whole document. `inc` takes an absent field for 0 and rejects where one holds no number. */
export type RecordOp =
  | { readonly put: { readonly id: string; readonly [field: string]: Json }; readonly ifRev?: number | 'absent' }
  | {
      readonly inc: {
        readonly id: string
        readonly by: { readonly [field: string]: number }
        /** The field after the change must lie in these bounds, or nothing happens. */
        readonly guard?: { readonly field: string; readonly min?: number; readonly max?: number }
      }
    }
  | { readonly del: string; readonly ifRev?: number }

/** One for each op, seen after the ones before it. `absent` or a wrong `ifRev`: `conflict`. A bound broken: `guard`. An `inc` or `del` of nothing: `missing`. */
export type RecordResult = 'ok' | 'conflict' | 'guard' | 'missing'

/** Ordered records in parts: for optional features and cold data. A part is usually a site. */
export interface Records {
  get(part: string, id: string): Promise<StoredRecord | null>
  /**
   * By id (`index: null`) or by a declared index. `prefix` fixes the first fields of the index. Strings order by code
   * unit, numbers by value; `null` before booleans before numbers before strings; equal ones by id. `after` is the `next` of an earlier answer.
   */
  list(
    part: string,
    index: string | null,
    options: {
      readonly prefix?: readonly Json[]
      readonly after?: string
      readonly limit: number
      readonly desc?: boolean
    },
  ): Promise<{ rows: StoredRecord[]; next: string | null }>
  /** All ops or none: when one result is not `ok`, nothing was written. */
  write(part: string, ops: readonly RecordOp[]): Promise<RecordResult[]>
}

/**
 * One comment as another store had it: what `scan` tells of it, its author by id, and the texts that edits replaced.
 * What follows from `path` (root and depth) is left out.
 */
export interface RestoreRow extends Omit<CommentRow, 'thread' | 'root' | 'depth' | 'author'> {
  /** Id of a user that `users.put` has stored. */
  readonly author: string
  /** Oldest first. */
  readonly revisions: readonly RevisionRow[]
}

export interface StoreCapabilities {
  /** `ver` is a local read of some microseconds and exact across processes: a page in memory may be checked on each hit. */
  readonly exactVersion: boolean
}

/**
 * Where conversations are kept. The hot path in the words of the domain, plus {@link Records} for everything else.
 *
 * Promises, each tested by `storeSuite` of `@confab/core/testing`:
 * - Answers are copies: changing one changes nothing stored.
 * - `commit` is atomic and durable before it answers; one op failing does not undo the others.
 * - `ver` grows by exactly the number of events with a `ver`, and each such event has its own.
 * - `total`, `roots`, `replies`, `descendants` and `visible` always equal what a recount of the rows gives.
 * - Nothing of one site is ever in an answer about another.
 */
export interface Store {
  readonly capabilities: StoreCapabilities
  readonly events: EventLog
  readonly users: UserStore
  /** The site a thread belongs to; `null` for an unknown thread. The only question that does not name a site. */
  siteOf(thread: ThreadId): Promise<string | null>
  /** 0 for a thread that does not exist. */
  ver(ref: ThreadRef): Promise<number>
  page(query: PageQuery): Promise<Page>
  /** The first visible replies, oldest first, of several parents. Parents without any are left out. */
  replies(ref: ThreadRef, parents: readonly Id[], limit: number): Promise<Map<Id, CommentRow[]>>
  /** Comments by id, whatever their status, in the order asked; `null` where there is none. */
  rows(ref: ThreadRef, ids: readonly Id[]): Promise<(CommentRow | null)[]>
  /** In the order asked; `null` where there is none. At most 1000. */
  threads(site: string, threads: readonly ThreadId[]): Promise<(ThreadRow | null)[]>
  /** All threads of a site by id. */
  listThreads(site: string, options: { readonly after?: ThreadId; readonly limit: number }): Promise<ThreadRow[]>
  /** What `user` wrote in this thread, newest first, whatever its status but deleted. */
  mine(ref: ThreadRef, user: string, limit: number): Promise<CommentRow[]>
  list(query: ListQuery): Promise<CommentRow[]>
  /** Every comment of a thread, whatever its status, by id. For export and repair. */
  scan(ref: ThreadRef, options: { readonly after?: Id; readonly limit: number }): Promise<CommentRow[]>
  /** Texts that edits replaced, oldest first. */
  revisions(ref: ThreadRef, id: Id): Promise<RevisionRow[]>
  /**
   * Applies `ops` in order to one thread, in one transaction. A thread of another site is as good as none: `not_found`.
   * `url` and `title` of the target fill those of the thread where they are `null`.
   */
  commit(target: ThreadTarget, ops: readonly Op[], options: CommitOptions): Promise<Commit>
  /**
   * Puts a whole thread back as another store had it: with its version, its times, and its sums as they are, which the
   * caller has checked. `parts` are its comments in the order of `scan`, at most 500 in each.
   *
   * Nobody sees anything of it before all of it is stored, and then everybody sees all of it. When `parts` throws, or the
   * process dies, nothing of it is ever seen, and the next `restore` of this thread takes away what is left. Rejects when
   * two processes restore one thread at once.
   *
   * No event is written: whoever asks for events before `row.ver` hears `gone` and loads the thread again.
   *
   * @returns `exists` when there is such a thread already (of whatever site): nothing was changed
   */
  restore(row: ThreadRow, parts: AsyncIterable<readonly RestoreRow[]>): Promise<'restored' | 'exists'>
  records(spec: RecordSpec): Records
  /** Forgets idempotency keys written before `keysBefore` and delivered events written before `eventsBefore`. */
  prune(limits: { readonly keysBefore: Ms; readonly eventsBefore: Ms }): Promise<void>
  /** Creates or brings forward whatever the store needs. Idempotent; safe when several processes start at once. */
  migrate(): Promise<void>
  /** Rejects when the store cannot answer. For readiness. */
  ping(): Promise<void>
  /** Calls after it reject with `store_closed`, calls before it are finished. Closes only what the store itself opened. */
  close(): Promise<void>
}

/**
 * `code` of the errors that a store rejects with. `store_busy`: try again later; `store_full`: no room on the disk;
 * `store_newer`: written by a newer version; `store_foreign`: holds another program's data; `store_missing`: there is no
 * such place; `store_unavailable`: it cannot be reached, and what was asked may or may not have happened, so ask again
 * with the same idempotency key; `store_failed`: anything else, with the driver's error as `cause`.
 */
export type StoreErrorCode =
  | 'store_busy'
  | 'store_closed'
  | 'store_corrupt'
  | 'store_failed'
  | 'store_foreign'
  | 'store_full'
  | 'store_missing'
  | 'store_newer'
  | 'store_readonly'
  | 'store_unavailable'
