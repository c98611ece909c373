import type {
  AuthorRow,
  CommentRow,
  EventType,
  Id,
  IdempotencyKey,
  Ms,
  RevisionRow,
  ThreadRow,
  ThreadTarget,
} from '@confab/core/ports'
import type { Lookups, StoredBody, StoredNode } from './lookups.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A comment while a commit is worked out. */
export interface PlannedComment extends Writable<StoredNode> {
  /** `null` until somebody asks. */
  body: Writable<StoredBody> | null
  /** `false`: purged by this commit. */
  present: boolean
  /** There is no row of it yet. */
  isNew: boolean
  /** `counts`: status, visibility and sums; `all`: its text as well. */
  changed: 'nothing' | 'counts' | 'all'
}

export interface Happening {
  readonly type: EventType
  readonly comment: Id | null
  readonly actor: string | null
}

type DraftKey = IdempotencyKey & { readonly comment: Id; readonly at: Ms }

/** A thread while a commit is worked out: what is stored, seen through what the ops before have changed. */
export interface Draft {
  readonly thread: ThreadRow
  readonly comments: Map<Id, PlannedComment>
  readonly removed: Set<Id>
  readonly erasedRevisions: Set<Id>
  readonly droppedKeys: Set<Id>
  readonly revisions: (RevisionRow & { readonly comment: Id })[]
  readonly keys: Map<string, DraftKey>
  readonly happened: Happening[]
  readonly lookups: Lookups
  dirty: boolean
  author(id: string): AuthorRow | undefined
  keyFor(key: IdempotencyKey): { readonly hash: string; readonly comment: Id } | undefined
  addKey(key: DraftKey): void
  dropKeys(comment: Id): void
  hasChildren(id: Id): boolean
  hasRevisions(comment: PlannedComment): boolean
  eraseRevisions(comment: PlannedComment): void
  remove(comment: PlannedComment): void
}

export function openDraft(stored: ThreadRow | null, target: ThreadTarget, at: Ms, lookups: Lookups): Draft {
  const comments = new Map<Id, PlannedComment>()
  const removed = new Set<Id>()
  const erasedRevisions = new Set<Id>()
  const droppedKeys = new Set<Id>()
  const keys = new Map<string, DraftKey>()
  const authors = new Map<string, AuthorRow | undefined>()
  const draft: Draft = {
    thread: stored ? { ...stored } : newThread(target, at),
    comments,
    removed,
    erasedRevisions,
    droppedKeys,
    revisions: [],
    keys,
    happened: [],
    lookups,
    dirty: false,
    author(id) {
      // Answered from memory: a group of comments often has few authors.
      if (!authors.has(id)) authors.set(id, lookups.author(id))
      return authors.get(id)
    },
    keyFor(key) {
      const added = keys.get(keyName(key))
      if (added) return added
      const known = lookups.key(key)
      return known && !droppedKeys.has(known.comment) ? known : undefined
    },
    addKey(key) {
      keys.set(keyName(key), key)
    },
    dropKeys(comment) {
      droppedKeys.add(comment)
      for (const [name, key] of keys) if (key.comment === comment) keys.delete(name)
    },
    hasChildren(id) {
      for (const comment of comments.values())
        if (comment.isNew && comment.present && comment.parent === id) return true
      // One more than could have gone away: if there are so many, one of them is still there.
      return lookups.children(id, removed.size + 1).some((child) => !removed.has(child))
    },
    hasRevisions(comment) {
      if (draft.revisions.some((revision) => revision.comment === comment.id)) return true
      return !comment.isNew && !erasedRevisions.has(comment.id) && lookups.hasRevisions(comment.id)
    },
    eraseRevisions(comment) {
      const kept = draft.revisions.filter((revision) => revision.comment !== comment.id)
      draft.revisions.splice(0, Infinity, ...kept)
      if (!comment.isNew) erasedRevisions.add(comment.id)
    },
    remove(comment) {
      comment.present = false
      if (!comment.isNew) removed.add(comment.id)
    },
  }
  return draft
}

/** The comment as it stands now; `undefined` when there is none. */
export function nodeOf(draft: Draft, id: Id): PlannedComment | undefined {
  const known = draft.comments.get(id)
  if (known) return known.present ? known : undefined
  const stored = draft.lookups.node(id)
  if (!stored) return undefined
  const comment: PlannedComment = { ...stored, body: null, present: true, isNew: false, changed: 'nothing' }
  draft.comments.set(id, comment)
  return comment
}

export function bodyOf(draft: Draft, comment: PlannedComment): Writable<StoredBody> {
  comment.body ??= { ...draft.lookups.body(comment.id) }
  return comment.body
}

/** The copy that leaves the store. */
export function rowOf(draft: Draft, comment: PlannedComment): CommentRow {
  const { id, parent, path, status, visible, rev, replies, descendants } = comment
  const { author, replyTo, source, html, up, down, at, editedAt } = bodyOf(draft, comment)
  return {
    id,
    thread: draft.thread.thread,
    parent,
    root: path[0] ?? id,
    path: [...path],
    depth: path.length - 1,
    replyTo,
    author: { ...author },
    status,
    visible,
    rev,
    source,
    html,
    up,
    down,
    replies,
    descendants,
    at,
    editedAt,
  }
}

function keyName(key: Pick<IdempotencyKey, 'scope' | 'value'>): string {
  // JSON keeps `a` + `bc` and `ab` + `c` apart whatever the strings hold.
  return JSON.stringify([key.scope, key.value])
}

function newThread(target: ThreadTarget, at: Ms): ThreadRow {
  return {
    thread: target.thread,
    site: target.site,
    key: target.key,
    url: null,
    title: null,
    ver: 0,
    total: 0,
    roots: 0,
    state: 'open',
    createdAt: at,
    lastAt: null,
  }
}
