import { change, merge, nodeOf, without } from './thread-data.ts'
import type { Nodes, ThreadData } from './thread-data.ts'
import type { CommentView } from '@confab/core'

/** With a new comment, shown or waiting. What belongs to a part of the list that is not loaded comes with that part. */
export function withNew(data: ThreadData, view: CommentView, ver: number, place: 'fresh' | 'shown'): ThreadData {
  const { id, parent } = view
  const comments = new Map(data.comments)
  comments.set(id, nodeOf(comments, view, ver))
  if (parent === null) {
    if (place === 'shown') return { ...data, comments, roots: merge(data.roots, [id], data.sort) }
    const loaded = (data.sort === 'newest' ? data.previous : data.next) === null
    return loaded ? { ...data, comments, fresh: merge(data.fresh, [id], data.sort) } : data
  }
  const above = data.comments.get(parent)
  if (!above) return data
  const counted = withCount(data, parent, view.status === 'pending' ? 0 : 1, ver)
  if (place === 'fresh' && above.next !== null) return counted
  const count = counted.comments.get(parent)?.count ?? 0
  change(comments, parent, (node) =>
    place === 'shown'
      ? { children: merge(node.children, [id], 'oldest'), count }
      : { fresh: merge(node.fresh, [id], 'oldest'), count },
  )
  return { ...data, comments }
}

/** With more or fewer replies of a comment, unless it was loaded after that. */
export function withCount(data: ThreadData, parent: string | null, by: number, ver: number): ThreadData {
  const node = data.comments.get(parent ?? '')
  if (!node || ver <= node.asOf) return data
  const comments = new Map(data.comments)
  comments.set(node.view.id, { ...node, count: Math.max(0, node.count + by) })
  return { ...data, comments }
}

/** With what is now known of a comment that is here; its branch stays as it is. */
export function withView(data: ThreadData, view: CommentView): ThreadData {
  const comments = new Map(data.comments)
  change(comments, view.id, () => ({ view }))
  return { ...data, comments }
}

/** Without a comment and its branch. A kept place above it that has lost its last reply goes too. */
export function withoutComment(data: ThreadData, id: string, ver: number): ThreadData {
  const node = data.comments.get(id)
  if (!node) return data
  const comments = new Map(data.comments)
  forget(comments, id)
  const { parent, status } = node.view
  if (parent === null) return { ...data, comments, roots: without(data.roots, [id]), fresh: without(data.fresh, [id]) }
  change(comments, parent, (above) => ({ children: without(above.children, [id]), fresh: without(above.fresh, [id]) }))
  const rest = withCount({ ...data, comments }, parent, status === 'pending' ? 0 : -1, ver)
  const above = rest.comments.get(parent)
  return above?.view.status === 'deleted' && above.count === 0 ? withoutComment(rest, parent, ver) : rest
}

function forget(comments: Nodes, id: string): void {
  const node = comments.get(id)
  comments.delete(id)
  for (const child of [...(node?.children ?? []), ...(node?.fresh ?? [])]) forget(comments, child)
}
