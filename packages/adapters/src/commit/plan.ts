import type {
  CommitOptions,
  EventRow,
  EventType,
  Id,
  IdempotencyKey,
  Ms,
  Op,
  OpError,
  OpResult,
  RevisionRow,
  ThreadRow,
  ThreadTarget,
} from '@confab/core/ports'
import type { Draft, PlannedComment } from './draft.ts'
import { bodyOf, nodeOf, openDraft, rowOf } from './draft.ts'
import type { Lookups } from './lookups.ts'

/** What a commit has to write, worked out without writing anything. */
export interface Plan {
  readonly results: OpResult[]
  /** The thread afterwards; `null` when it does not exist and nothing is written. */
  readonly thread: ThreadRow | null
  /** `null`: nothing is written at all. */
  readonly changes: Changes | null
}

/** In the order in which they are safe to write: what goes away, what is new, what changes. */
export interface Changes {
  readonly threadIsNew: boolean
  readonly removed: readonly Id[]
  readonly erasedRevisions: readonly Id[]
  readonly droppedKeys: readonly Id[]
  readonly added: readonly PlannedComment[]
  readonly changed: readonly PlannedComment[]
  readonly revisions: readonly (RevisionRow & { readonly comment: Id })[]
  readonly keys: readonly (IdempotencyKey & { readonly comment: Id; readonly at: Ms })[]
  readonly events: readonly EventRow[]
}

/** Works out what `ops` do to a thread: the rules of the store port, without a database. */
export function planCommit(
  stored: ThreadRow | null,
  target: ThreadTarget,
  ops: readonly Op[],
  options: CommitOptions,
  lookups: Lookups,
): Plan {
  if (stored && stored.site !== target.site) {
    return { results: ops.map(() => refuse('not_found')), thread: null, changes: null }
  }
  const draft = openDraft(stored, target, options.at, lookups)
  const results = ops.map((op) => planOp(draft, op, options.at))
  if (!draft.dirty) return { results, thread: stored, changes: null }

  const { thread } = draft
  thread.url ??= target.url ?? null
  thread.title ??= target.title ?? null
  if (options.silent) draft.happened.splice(0, Infinity, { type: 'thread.changed', comment: null, actor: null })
  const comments = [...draft.comments.values()].filter((comment) => comment.present)
  return {
    results,
    thread,
    changes: {
      threadIsNew: stored === null,
      removed: [...draft.removed],
      erasedRevisions: [...draft.erasedRevisions],
      droppedKeys: [...draft.droppedKeys],
      added: comments.filter((comment) => comment.isNew),
      changed: comments.filter((comment) => !comment.isNew && comment.changed !== 'nothing'),
      revisions: draft.revisions,
      keys: [...draft.keys.values()],
      events: draft.happened.map((one): EventRow => {
        const seen = one.type !== 'comment.queued'
        if (seen) thread.ver += 1
        return {
          id: options.eventId(options.at),
          type: one.type,
          v: 1,
          site: thread.site,
          thread: thread.thread,
          ver: seen ? thread.ver : null,
          comment: one.comment,
          actor: one.actor,
          at: options.at,
        }
      }),
    },
  }
}

function planOp(draft: Draft, op: Op, at: Ms): OpResult {
  switch (op.op) {
    case 'create':
      return create(draft, op, at)
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

function create(draft: Draft, op: Extract<Op, { op: 'create' }>, at: Ms): OpResult {
  if (op.key) {
    const known = draft.keyFor(op.key)
    if (known) {
      const first = nodeOf(draft, known.comment)
      return first && known.hash === op.key.hash ? repeat(draft, first) : refuse('key_reused')
    }
  }
  const taken = nodeOf(draft, op.id)
  if (taken) return op.imported ? repeat(draft, taken) : refuse('exists')
  if (draft.thread.state !== 'open' && !op.imported) return refuse('locked')
  const parent = op.parent === null ? null : nodeOf(draft, op.parent)
  if (parent === undefined || (parent && parent.status !== 'published' && !op.imported)) {
    return refuse('parent_not_found')
  }
  const author = draft.author(op.author)
  if (!author) throw new Error('Store the author with `users.put` before the comment')

  const comment: PlannedComment = {
    id: op.id,
    parent: op.parent,
    path: parent ? [...parent.path, op.id] : [op.id],
    // Not yet anything: the change below gives it its status, so that counts and events follow.
    status: 'deleted',
    visible: false,
    rev: 1,
    replies: 0,
    descendants: 0,
    body: { author, replyTo: op.replyTo, source: op.source, html: op.html, up: 0, down: 0, at: op.at, editedAt: null },
    present: true,
    isNew: true,
    changed: 'all',
  }
  draft.comments.set(op.id, comment)
  draft.dirty = true
  changeStatus(draft, comment, op.status, op.author, op.at)
  if (op.status === 'pending') note(draft, 'comment.queued', op.id, op.author)
  if (op.key) draft.addKey({ ...op.key, comment: op.id, at })
  return done(draft, comment)
}

function edit(draft: Draft, op: Extract<Op, { op: 'edit' }>): OpResult {
  const comment = nodeOf(draft, op.id)
  if (!comment) return refuse('not_found')
  // A deleted text must not come back through an edit that was already on its way.
  if (comment.rev !== op.ifRev || comment.status === 'deleted') return conflict(draft, comment)
  const body = bodyOf(draft, comment)
  draft.revisions.push({ comment: op.id, rev: comment.rev, source: body.source, by: op.by, at: op.at })
  comment.rev += 1
  body.source = op.source
  body.html = op.html
  body.editedAt = op.at
  comment.changed = 'all'
  draft.dirty = true
  if (comment.status === 'published') note(draft, 'comment.edited', op.id, op.by)
  return done(draft, comment)
}

function setStatus(draft: Draft, op: Extract<Op, { op: 'status' }>): OpResult {
  const comment = nodeOf(draft, op.id)
  if (!comment) return refuse('not_found')
  if (op.ifStatus && !op.ifStatus.includes(comment.status)) return conflict(draft, comment)
  const erases = op.erase === true && hasText(draft, comment)
  if (comment.status === op.to && !erases) return repeat(draft, comment)
  draft.dirty = true
  if (erases) erase(draft, comment)
  if (comment.status !== op.to) {
    changeStatus(draft, comment, op.to, op.by, bodyOf(draft, comment).at)
    if (op.to === 'pending') note(draft, 'comment.queued', op.id, op.by)
  } else if (op.to === 'published') {
    note(draft, 'comment.edited', op.id, op.by)
  }
  return done(draft, comment)
}

function changeThread(draft: Draft, op: Extract<Op, { op: 'thread' }>): OpResult {
  const { thread } = draft
  const { url = thread.url, title = thread.title, state = thread.state } = op.set
  if (url === thread.url && title === thread.title && state === thread.state) {
    return { ok: true, row: null, repeat: true }
  }
  Object.assign(thread, { url, title, state })
  draft.dirty = true
  note(draft, 'thread.changed', null, op.by)
  return { ok: true, row: null, repeat: false }
}

function purge(draft: Draft, op: Extract<Op, { op: 'purge' }>): OpResult {
  const comment = nodeOf(draft, op.id)
  if (!comment) return refuse('not_found')
  const keepsPlace = draft.hasChildren(op.id)
  if (keepsPlace && comment.status === 'deleted' && !hasText(draft, comment))
    return { ok: true, row: null, repeat: true }
  draft.dirty = true
  draft.dropKeys(op.id)
  erase(draft, comment)
  changeStatus(draft, comment, 'deleted', null, op.at)
  if (!keepsPlace) draft.remove(comment)
  return { ok: true, row: null, repeat: false }
}

/**
 * Gives a comment another status, with everything that hangs on it: the sums up its path, the placeholders that appear
 * or vanish, and the events in the order in which a reader can apply them.
 */
function changeStatus(
  draft: Draft,
  comment: PlannedComment,
  to: PlannedComment['status'],
  actor: string | null,
  createdAt: Ms,
): void {
  const was = comment.status === 'published' ? 1 : 0
  const is = to === 'published' ? 1 : 0
  comment.status = to
  touch(comment, 'counts')
  if (is === was) return

  const step = is - was
  const ancestors = ancestorsOf(draft, comment)
  draft.thread.total += step
  for (const ancestor of ancestors) {
    ancestor.descendants += step
    touch(ancestor, 'counts')
  }
  const flipped = spreadVisibility(draft, comment, ancestors)
  if (is === 1) {
    for (const ancestor of flipped.toReversed()) note(draft, 'comment.created', ancestor.id, actor)
    note(draft, 'comment.created', comment.id, actor)
    draft.thread.lastAt = Math.max(draft.thread.lastAt ?? createdAt, createdAt)
  } else {
    note(draft, 'comment.removed', comment.id, actor)
    for (const ancestor of flipped) note(draft, 'comment.removed', ancestor.id, actor)
  }
}

/** Sets `visible` from the comment upwards as far as it changes. Returns the ancestors it changed for, nearest first. */
function spreadVisibility(
  draft: Draft,
  comment: PlannedComment,
  ancestors: readonly PlannedComment[],
): PlannedComment[] {
  const flipped: PlannedComment[] = []
  let current = comment
  for (const parent of [...ancestors, null]) {
    const visible = current.status === 'published' || current.replies > 0
    if (visible === current.visible) return flipped
    current.visible = visible
    if (current !== comment) flipped.push(current)
    const step = visible ? 1 : -1
    if (parent === null) {
      draft.thread.roots += step
    } else {
      parent.replies += step
      current = parent
    }
  }
  return flipped
}

/** Nearest first. */
function ancestorsOf(draft: Draft, comment: PlannedComment): PlannedComment[] {
  return comment.path
    .slice(0, -1)
    .reverse()
    .map((id) => {
      const ancestor = nodeOf(draft, id)
      if (!ancestor) throw new Error('A comment names an ancestor that is not stored')
      return ancestor
    })
}

function touch(comment: PlannedComment, what: 'counts' | 'all'): void {
  if (comment.changed !== 'all') comment.changed = what
}

function hasText(draft: Draft, comment: PlannedComment): boolean {
  const { source, html } = bodyOf(draft, comment)
  return source !== '' || html !== '' || draft.hasRevisions(comment)
}

function erase(draft: Draft, comment: PlannedComment): void {
  const body = bodyOf(draft, comment)
  body.source = ''
  body.html = ''
  comment.changed = 'all'
  draft.eraseRevisions(comment)
}

function note(draft: Draft, type: EventType, comment: Id | null, actor: string | null): void {
  draft.happened.push({ type, comment, actor })
}

function done(draft: Draft, comment: PlannedComment): OpResult {
  return { ok: true, row: rowOf(draft, comment), repeat: false }
}

function repeat(draft: Draft, comment: PlannedComment): OpResult {
  return { ok: true, row: rowOf(draft, comment), repeat: true }
}

function conflict(draft: Draft, comment: PlannedComment): OpResult {
  return { ok: false, error: 'conflict', row: rowOf(draft, comment) }
}

function refuse(error: OpError): OpResult {
  return { ok: false, error, row: null }
}
