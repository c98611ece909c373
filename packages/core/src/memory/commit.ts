import type {
  Commit,
  CommitOptions,
  CommentRow,
  EventRow,
  EventType,
  Id,
  Op,
  OpError,
  OpResult,
  Status,
  ThreadRow,
  ThreadTarget,
} from '../ports/index.ts'
import { recount } from './recount.ts'
import type { MemoryState, StoredComment, StoredThread } from './state.ts'
import { isPublished, keyOf, pairKey, toCommentRow } from './state.ts'

/** What one op would tell the world, before it has an id and a version. */
interface Happening {
  readonly type: EventType
  readonly comment: Id | null
  readonly actor: string | null
}

/** A commit under way: `thread` is a copy that replaces the stored one only when everything went well. */
interface Draft {
  readonly state: MemoryState
  readonly thread: StoredThread
  readonly options: CommitOptions
  readonly happened: Happening[]
  dirty: boolean
}

/** Applies `ops` in order, each to what the ones before it left. */
export function applyCommit(
  state: MemoryState,
  target: ThreadTarget,
  ops: readonly Op[],
  options: CommitOptions,
): Commit {
  const stored = state.threads.get(target.thread)
  if (stored && stored.row.site !== target.site) {
    return { thread: null, results: ops.map(() => refuse('not_found')), events: [] }
  }
  const draft: Draft = {
    state,
    thread: stored ? copyThread(stored) : emptyThread(target, options),
    options,
    happened: [],
    dirty: false,
  }
  const results = ops.map((op) => applyOp(draft, op))
  if (!draft.dirty) return { thread: stored ? { ...stored.row } : null, results, events: [] }

  const { row } = draft.thread
  row.url ??= target.url ?? null
  row.title ??= target.title ?? null
  const happened: readonly Happening[] = options.silent
    ? [{ type: 'thread.changed', comment: null, actor: null }]
    : draft.happened
  const events = happened.map((one) => toEvent(one, row, options))
  state.threads.set(target.thread, draft.thread)
  for (const event of events) state.events.push({ row: event, done: options.delivered === true, leasedUntil: 0 })
  return { thread: { ...row }, results, events: events.map((event) => ({ ...event })) }
}

function applyOp(draft: Draft, op: Op): OpResult {
  switch (op.op) {
    case 'create':
      return create(draft, op)
    case 'edit':
      return edit(draft, op)
    case 'status':
      return setStatus(draft, op)
    case 'thread':
      return changeThread(draft, op)
    case 'purge':
      return purge(draft, op)
  }
}

function create(draft: Draft, op: Extract<Op, { op: 'create' }>): OpResult {
  const { comments, keys, row } = draft.thread
  const known = op.key ? keys.get(keyOf(op.key)) : undefined
  if (known) {
    const first = comments.get(known.comment)
    return first && known.hash === op.key?.hash ? repeat(draft, first) : refuse('key_reused')
  }
  const taken = comments.get(op.id)
  if (taken) return op.imported ? repeat(draft, taken) : refuse('exists')
  if (row.state !== 'open' && !op.imported) return refuse('locked')
  const parent = op.parent === null ? null : comments.get(op.parent)
  if (parent === undefined || (parent && !isPublished(parent) && !op.imported)) return refuse('parent_not_found')
  if (!draft.state.users.has(pairKey(row.site, op.author))) {
    throw new Error('Store the author with `users.put` before the comment')
  }

  const path = [...(parent?.path ?? []), op.id]
  const comment: StoredComment = {
    id: op.id,
    thread: row.thread,
    parent: op.parent,
    root: path[0] ?? op.id,
    path,
    depth: path.length - 1,
    replyTo: op.replyTo,
    author: op.author,
    status: op.status,
    visible: false,
    rev: 1,
    source: op.source,
    html: op.html,
    up: 0,
    down: 0,
    replies: 0,
    descendants: 0,
    at: op.at,
    editedAt: null,
    revisions: [],
  }
  change(draft, comment, op.author, () => comments.set(op.id, comment))
  if (op.key) keys.set(keyOf(op.key), { ...op.key, comment: op.id, at: draft.options.at })
  return done(draft, comment)
}

function edit(draft: Draft, op: Extract<Op, { op: 'edit' }>): OpResult {
  const comment = draft.thread.comments.get(op.id)
  if (!comment) return refuse('not_found')
  // A deleted text must not come back through an edit that was already on its way.
  if (comment.rev !== op.ifRev || comment.status === 'deleted') return refuse('conflict', rowOf(draft, comment))
  const replaced = { rev: comment.rev, source: comment.source, by: op.by, at: op.at }
  comment.revisions = [...comment.revisions, replaced]
  comment.rev += 1
  comment.source = op.source
  comment.html = op.html
  comment.editedAt = op.at
  draft.dirty = true
  if (isPublished(comment)) draft.happened.push({ type: 'comment.edited', comment: op.id, actor: op.by })
  return done(draft, comment)
}

function setStatus(draft: Draft, op: Extract<Op, { op: 'status' }>): OpResult {
  const comment = draft.thread.comments.get(op.id)
  if (!comment) return refuse('not_found')
  if (op.ifStatus && !op.ifStatus.includes(comment.status)) return refuse('conflict', rowOf(draft, comment))
  const erases = op.erase === true && hasText(comment)
  if (comment.status === op.to && !erases) return repeat(draft, comment)
  const statusChanges = comment.status !== op.to
  change(draft, comment, op.by, () => {
    comment.status = op.to
    if (erases) erase(comment)
  })
  if (!statusChanges && isPublished(comment)) {
    draft.happened.push({ type: 'comment.edited', comment: op.id, actor: op.by })
  }
  return done(draft, comment)
}

function changeThread(draft: Draft, op: Extract<Op, { op: 'thread' }>): OpResult {
  const { row } = draft.thread
  const { url = row.url, title = row.title, state = row.state } = op.set
  if (url === row.url && title === row.title && state === row.state) return { ok: true, row: null, repeat: true }
  Object.assign(row, { url, title, state })
  draft.dirty = true
  draft.happened.push({ type: 'thread.changed', comment: null, actor: op.by })
  return { ok: true, row: null, repeat: false }
}

function purge(draft: Draft, op: Extract<Op, { op: 'purge' }>): OpResult {
  const { comments, keys } = draft.thread
  const comment = comments.get(op.id)
  if (!comment) return refuse('not_found')
  const keepsPlace = [...comments.values()].some((other) => other.parent === op.id)
  if (keepsPlace && comment.status === 'deleted' && !hasText(comment)) return { ok: true, row: null, repeat: true }
  change(draft, comment, null, () => {
    if (keepsPlace) {
      comment.status = 'deleted'
      erase(comment)
    } else {
      comments.delete(op.id)
    }
  })
  for (const [key, stored] of keys) if (stored.comment === op.id) keys.delete(key)
  return { ok: true, row: null, repeat: false }
}

/**
 * Makes a change to the status or the existence of `comment`, counts again, and notes what readers see of it:
 * placeholders that appear with it come before it, those that vanish with it after it.
 */
function change(draft: Draft, comment: StoredComment, actor: string | null, make: () => void): void {
  const { comments, row } = draft.thread
  const before = statusIn(comments, comment.id)
  const ancestors = comment.path.slice(0, -1).flatMap((id) => comments.get(id) ?? [])
  const wasVisible = ancestors.map((ancestor) => ancestor.visible)
  make()
  recount(draft.thread)
  draft.dirty = true
  const after = statusIn(comments, comment.id)

  const note = (type: EventType, id: Id) => draft.happened.push({ type, comment: id, actor })
  const flipped = ancestors.filter((ancestor, i) => ancestor.visible !== wasVisible[i])
  for (const ancestor of flipped) if (ancestor.visible) note('comment.created', ancestor.id)
  if (after === 'published' && before !== 'published') {
    row.lastAt = Math.max(row.lastAt ?? comment.at, comment.at)
    note('comment.created', comment.id)
  }
  if (before === 'published' && after !== 'published') note('comment.removed', comment.id)
  for (const ancestor of flipped.reverse()) if (!ancestor.visible) note('comment.removed', ancestor.id)
  if (after === 'pending' && before !== 'pending') note('comment.queued', comment.id)
}

function statusIn(comments: ReadonlyMap<Id, StoredComment>, id: Id): Status | 'absent' {
  return comments.get(id)?.status ?? 'absent'
}

function hasText(comment: StoredComment): boolean {
  return comment.source !== '' || comment.html !== '' || comment.revisions.length > 0
}

function erase(comment: StoredComment): void {
  comment.source = ''
  comment.html = ''
  comment.revisions = []
}

function toEvent(one: Happening, row: ThreadRow, options: CommitOptions): EventRow {
  if (one.type !== 'comment.queued') row.ver += 1
  return {
    id: options.eventId(options.at),
    type: one.type,
    v: 1,
    site: row.site,
    thread: row.thread,
    ver: one.type === 'comment.queued' ? null : row.ver,
    comment: one.comment,
    actor: one.actor,
    at: options.at,
  }
}

function copyThread(thread: StoredThread): StoredThread {
  return {
    row: { ...thread.row },
    comments: new Map([...thread.comments].map(([id, comment]) => [id, { ...comment }])),
    keys: new Map(thread.keys),
  }
}

function emptyThread(target: ThreadTarget, options: CommitOptions): StoredThread {
  return {
    row: {
      thread: target.thread,
      site: target.site,
      key: target.key,
      url: null,
      title: null,
      ver: 0,
      total: 0,
      roots: 0,
      state: 'open',
      createdAt: options.at,
      lastAt: null,
    },
    comments: new Map(),
    keys: new Map(),
  }
}

function rowOf(draft: Draft, comment: StoredComment): CommentRow {
  return toCommentRow(draft.state, draft.thread.row.site, comment)
}

function done(draft: Draft, comment: StoredComment): OpResult {
  return { ok: true, row: rowOf(draft, comment), repeat: false }
}

function repeat(draft: Draft, comment: StoredComment): OpResult {
  return { ok: true, row: rowOf(draft, comment), repeat: true }
}

function refuse(error: OpError, row: CommentRow | null = null): OpResult {
  return { ok: false, error, row }
}
