import type { Id, RestoreRow, ThreadRow } from '../ports/index.ts'
import type { MemoryState, StoredComment } from './state.ts'
import { pairKey } from './state.ts'

/** Collects the parts outside of the state, and puts the thread in its place in one step. */
export async function restoreThread(
  state: MemoryState,
  row: ThreadRow,
  parts: AsyncIterable<readonly RestoreRow[]>,
): Promise<'restored' | 'exists'> {
  if (state.threads.has(row.thread)) return 'exists'
  const thread = { row: { ...row }, comments: new Map<Id, StoredComment>(), keys: new Map() }
  for await (const part of parts) {
    for (const comment of part) {
      if (!state.users.has(pairKey(row.site, comment.author))) {
        throw new Error('Store the author with `users.put` before the comment')
      }
      if (thread.comments.has(comment.id)) throw new Error('A comment was given twice')
      thread.comments.set(comment.id, {
        ...comment,
        thread: row.thread,
        path: [...comment.path],
        root: comment.path[0] ?? comment.id,
        depth: comment.path.length - 1,
        revisions: comment.revisions.map((revision) => ({ ...revision })),
      })
    }
  }
  if (state.threads.has(row.thread)) return 'exists'
  thread.comments = parentsFirst(thread.comments)
  state.threads.set(row.thread, thread)
  return 'restored'
}

/** The order of creation is not kept anywhere else; what counts is that a parent comes before its replies. */
function parentsFirst(comments: ReadonlyMap<Id, StoredComment>): Map<Id, StoredComment> {
  return new Map([...comments].sort(([, a], [, b]) => a.depth - b.depth))
}
