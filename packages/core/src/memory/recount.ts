import type { StoredThread } from './state.ts'
import { isPublished } from './state.ts'

/**
 * Sets `total`, `roots`, `replies`, `descendants` and `visible` from nothing but statuses and parents. Real stores
 * change these sums step by step; this one counts again each time, so that it can be the judge.
 */
export function recount(thread: StoredThread): void {
  thread.row.total = 0
  thread.row.roots = 0
  for (const comment of thread.comments.values()) {
    comment.replies = 0
    comment.descendants = 0
  }
  // Backwards: replies were written after their parents, so each comment is complete when its turn comes.
  for (const comment of [...thread.comments.values()].reverse()) {
    const published = isPublished(comment)
    comment.visible = published || comment.replies > 0
    if (published) thread.row.total += 1
    if (comment.parent === null) {
      if (comment.visible) thread.row.roots += 1
      continue
    }
    const parent = thread.comments.get(comment.parent)
    if (!parent) throw new Error('A stored comment names a parent that is not stored')
    if (comment.visible) parent.replies += 1
    parent.descendants += comment.descendants + (published ? 1 : 0)
  }
}
