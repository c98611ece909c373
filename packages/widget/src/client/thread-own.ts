import { showReplies, showRoots } from './thread-data.ts'
import { withNew, withView, withoutComment } from './thread-change.ts'
import type { ThreadData } from './thread-data.ts'
import type { CommentView } from '@confab/core'

/** With a comment as the reader wrote it just now, shown at once. */
export function withOwn(data: ThreadData, comment: CommentView, ver: number): ThreadData {
  const { id, parent } = comment
  if (!data.comments.has(id)) {
    const counted = comment.status === 'published' ? 1 : 0
    const thread = { ...data.thread, comments: data.thread.comments + counted }
    return withNew({ ...data, thread }, comment, ver, 'shown')
  }
  const shown = withView(data, comment)
  return parent === null ? showRoots(shown, [id]) : showReplies(shown, parent, [id])
}

/** Without a comment that the reader has deleted: a place is kept where replies hang on it. */
export function withoutOwn(data: ThreadData, id: string, ver: number): ThreadData {
  const node = data.comments.get(id)
  if (!node) return data
  const counted = node.view.status === 'published' ? 1 : 0
  const rest = { ...data, thread: { ...data.thread, comments: data.thread.comments - counted } }
  if (node.count === 0) return withoutComment(rest, id, ver)
  return withView(rest, { ...node.view, status: 'deleted', html: '', author: null })
}

/** With the reader's own comments that wait for approval. The same data when all of them are there. */
export function withPending(data: ThreadData, pending: readonly CommentView[]): ThreadData {
  const missing = pending.filter(
    ({ id, parent }) => !data.comments.has(id) && (parent === null || data.comments.has(parent)),
  )
  return missing.reduce((all, view) => withOwn(all, view, all.thread.ver), data)
}
