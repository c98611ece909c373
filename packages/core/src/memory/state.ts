import type {
  CommentRow,
  EventRow,
  Id,
  IdempotencyKey,
  Ms,
  RevisionRow,
  Status,
  StoredRecord,
  ThreadId,
  ThreadRow,
  UserRow,
} from '../ports/index.ts'

/** A comment as it lies in memory: the author is an id, and what belongs only to it lies beside it. */
export interface StoredComment extends Omit<CommentRow, 'author'> {
  author: string
  revisions: readonly RevisionRow[]
}

export interface StoredKey {
  readonly scope: string
  readonly value: string
  readonly hash: string
  readonly comment: Id
  readonly at: Ms
}

/** One thread with everything in it. Treated as a value: a commit makes a changed copy and puts it in place. */
export interface StoredThread {
  row: ThreadRow
  /** In the order of creation, so a parent always comes before its replies. */
  comments: Map<Id, StoredComment>
  keys: Map<string, StoredKey>
}

export interface StoredEvent {
  readonly row: EventRow
  done: boolean
  /** Nobody may claim it before this moment. */
  leasedUntil: Ms
}

/** Everything a memory store knows. */
export interface MemoryState {
  readonly threads: Map<ThreadId, StoredThread>
  /** By {@link pairKey} of site and id. */
  readonly users: Map<string, UserRow>
  /** In the order they were written. */
  events: StoredEvent[]
  /** By {@link pairKey} of collection and part, then by id. */
  readonly records: Map<string, Map<string, StoredRecord>>
}

export function emptyState(): MemoryState {
  return { threads: new Map(), users: new Map(), events: [], records: new Map() }
}

/** Two strings as one map key. JSON keeps `a` + `bc` and `ab` + `c` apart whatever the strings hold. */
export function pairKey(first: string, second: string): string {
  return JSON.stringify([first, second])
}

export function keyOf(key: Pick<IdempotencyKey, 'scope' | 'value'>): string {
  return pairKey(key.scope, key.value)
}

export function isPublished(comment: { readonly status: Status }): boolean {
  return comment.status === 'published'
}

/** The copy that leaves the store. */
export function toCommentRow(state: MemoryState, site: string, comment: StoredComment): CommentRow {
  const { author, revisions: _, ...row } = comment
  const user = state.users.get(pairKey(site, author))
  if (!user) throw new Error('A stored comment names an author that is not stored')
  return {
    ...row,
    path: [...row.path],
    author: { id: user.id, name: user.name, avatar: user.avatar, website: user.website, role: user.role },
  }
}

export function byId(a: { readonly id: Id }, b: { readonly id: Id }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
