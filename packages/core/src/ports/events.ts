import type { Id, Ms, ThreadId, ThreadRef } from './basics.ts'

/**
 * What happened, in the past tense. `comment.created`: it became visible; `comment.edited`: its text changed;
 * `comment.removed`: it is gone or only keeps its place; `comment.queued`: it waits for a moderator;
 * `thread.changed`: state, title or many things at once, so a reader loads again.
 *
 * A placeholder that appears with a reply comes before it, one that vanishes with its last reply after it. What readers
 * cannot see (an edit of a waiting comment) is no event.
 */
export type EventType = 'comment.created' | 'comment.edited' | 'comment.removed' | 'comment.queued' | 'thread.changed'

/**
 * One event as it is stored. It names the comment and never carries its text: what a reader gets is built from the
 * comment as it is on delivery, so a text that was removed meanwhile cannot come back.
 */
export interface EventRow {
  id: Id
  type: EventType
  /** Version of this type's form. */
  v: 1
  site: string
  thread: ThreadId
  /** The thread's version with this event; `null` for events that readers do not see. */
  ver: number | null
  comment: Id | null
  /** Who did it. */
  actor: string | null
  at: Ms
}

/** The outbox: rows written by `commit` in the same transaction, delivered at least once. */
export interface EventLog {
  /** Events of a thread with a version above `ver`, in order; `gone` when some of them have been pruned. */
  since(ref: ThreadRef, ver: number, limit: number): Promise<EventRow[] | 'gone'>
  /** Up to `limit` undelivered events written before `before`, oldest first, that nobody else gets until the lease ends. */
  claim(options: {
    readonly limit: number
    readonly leaseMs: Ms
    readonly now: Ms
    readonly before: Ms
  }): Promise<EventRow[]>
  /** Marks as delivered. Unknown ids are ignored. */
  done(ids: readonly Id[]): Promise<void>
}
