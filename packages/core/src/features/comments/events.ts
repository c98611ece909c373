import type { EventRow, Store, ThreadRef } from '../../ports/index.ts'
import type { LiveEvent } from '../../engine/live-event.ts'
import type { EventView } from './schema.ts'
import { commentView } from './view.ts'

/**
 * Stored events as readers may see them. The comment is read now and not taken from the event, so a text that has been
 * removed in the meantime is not shown again by an event from before.
 */
export async function renderEvents(store: Store, ref: ThreadRef, rows: readonly EventRow[]): Promise<LiveEvent[]> {
  const ids = [...new Set(rows.flatMap((row) => (row.comment === null ? [] : [row.comment])))]
  const [thread] = await store.threads(ref.site, [ref.thread])
  const isHidden = thread?.state === 'hidden'
  const comments = new Map((await store.rows(ref, ids)).flatMap((row) => (row ? [[row.id, row] as const] : [])))
  return rows.flatMap((row) => {
    if (row.ver === null || row.type === 'comment.queued') return []
    const comment = row.comment === null ? undefined : comments.get(row.comment)
    const view: EventView = {
      id: row.id,
      type: row.type,
      v: row.v,
      thread: row.thread,
      ver: row.ver,
      at: row.at,
      comments: isHidden ? 0 : (thread?.total ?? 0),
      data: { id: row.comment, comment: comment?.visible && !isHidden ? commentView(comment) : null },
    }
    return [{ ver: row.ver, type: row.type, view, revokes: row.type !== 'comment.created' }]
  })
}
