import { withCount, withNew, withView, withoutComment } from './thread-change.ts'
import type { ThreadData } from './thread-data.ts'
import type { EventView } from '@confab/core'

/** With one event, which must be the next one. New comments wait in `fresh`; everything else changes in place. */
export function withEvent(before: ThreadData, event: EventView): ThreadData {
  const { id, comment } = event.data
  const { ver } = event
  const data = { ...before, thread: { ...before.thread, ver, comments: event.comments, lastAt: event.at } }
  if (id === null) return data
  if (comment === null) return withoutComment(data, id, ver)
  const known = data.comments.get(id)
  if (!known) return event.type === 'comment.created' ? withNew(data, comment, ver, 'fresh') : data
  if (ver <= known.asOf) return data
  const changed = withView(data, comment)
  return known.view.status === 'pending' && comment.status === 'published'
    ? withCount(changed, comment.parent, 1, ver)
    : changed
}
