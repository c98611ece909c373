import type { ThreadSort } from './create-client.ts'
import type { CommentView, CommentsPageView, EventView, ThreadView } from '@confab/core'

/** One loaded comment and what is known of its branch. */
export interface CommentNode {
  /** Its `replies` are as they were when it came: use `children`, `count` and `next`. */
  readonly view: CommentView
  /** Loaded replies that are shown, oldest first. */
  readonly children: readonly string[]
  /** Replies that arrived live and wait to be shown, oldest first. */
  readonly fresh: readonly string[]
  /** All direct replies, loaded or not. */
  readonly count: number
  /** Where more replies begin: a cursor, `''` for the first page, `null` when all are here. */
  readonly next: string | null
  /** The thread's version that this was true at: older events are in it already. */
  readonly asOf: number
}

/** Everything loaded of a thread. Never changed in place. */
export interface ThreadData {
  readonly thread: ThreadView
  readonly sort: ThreadSort
  readonly comments: ReadonlyMap<string, CommentNode>
  /** Loaded comments of the page itself that are shown, in the order of `sort`. */
  readonly roots: readonly string[]
  /** Those that arrived live and wait to be shown, in the order of `sort`. */
  readonly fresh: readonly string[]
  readonly next: string | null
  readonly previous: string | null
}

type Nodes = Map<string, CommentNode>

/** A page as the start of a thread. */
export function dataOfPage(page: CommentsPageView, sort: ThreadSort): ThreadData {
  const comments: Nodes = new Map()
  const roots = addViews(comments, page.items, page.thread.ver)
  return { thread: page.thread, sort, comments, roots, fresh: [], next: page.next, previous: page.previous }
}

/** With the page that follows (`after`) or precedes (`before`) what is loaded. Comments that are here already stay. */
export function withPage(data: ThreadData, page: CommentsPageView, place: 'after' | 'before'): ThreadData {
  const comments = new Map(data.comments)
  const loaded = addViews(comments, page.items, page.thread.ver)
  // The version stays: what happened between the two pages still has to reach the comments of the first.
  return {
    ...data,
    comments,
    roots: merge(data.roots, loaded, data.sort),
    fresh: without(data.fresh, loaded),
    next: place === 'after' ? page.next : data.next,
    previous: place === 'before' ? page.previous : data.previous,
  }
}

/** With a page of a comment's replies, as `?parent=` gives it. */
export function withReplies(data: ThreadData, parent: string, page: CommentsPageView): ThreadData {
  if (!data.comments.has(parent)) return data
  const comments = new Map(data.comments)
  const { ver } = page.thread
  const loaded = addViews(comments, page.items, ver)
  change(comments, parent, (node) => {
    const children = merge(node.children, loaded, 'oldest')
    const fresh = without(node.fresh, loaded)
    const part = { children, fresh, next: page.next }
    return page.next === null
      ? { ...part, count: children.length + fresh.length, asOf: Math.max(node.asOf, ver) }
      : part
  })
  return { ...data, comments }
}

/** A thread loaded anew, where comments that would push down what was read before wait in `fresh`. */
export function withHeldBack(data: ThreadData, before: ThreadData): ThreadData {
  const top = before.roots[0]
  if (data.sort !== 'newest' || data.previous !== null || top === undefined) return data
  const fresh = data.roots.filter((id) => id > top && !before.roots.includes(id))
  return { ...data, fresh, roots: without(data.roots, fresh) }
}

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

/** With waiting comments of the page shown: all of them, or those named. */
export function showRoots(data: ThreadData, ids: readonly string[] = data.fresh): ThreadData {
  const shown = data.fresh.filter((id) => ids.includes(id))
  return { ...data, fresh: without(data.fresh, shown), roots: merge(data.roots, shown, data.sort) }
}

/** With waiting replies of a comment shown: all of them, or those named. */
export function showReplies(data: ThreadData, parent: string, ids?: readonly string[]): ThreadData {
  const comments = new Map(data.comments)
  change(comments, parent, (node) => {
    const shown = node.fresh.filter((id) => ids === undefined || ids.includes(id))
    return { children: merge(node.children, shown, 'oldest'), fresh: without(node.fresh, shown) }
  })
  return { ...data, comments }
}

function withNew(data: ThreadData, view: CommentView, ver: number, place: 'fresh' | 'shown'): ThreadData {
  const { id, parent } = view
  const comments = new Map(data.comments)
  comments.set(id, nodeOf(comments, view, ver))
  if (parent === null) {
    if (place === 'shown') return { ...data, comments, roots: merge(data.roots, [id], data.sort) }
    // What belongs to a part of the list that is not loaded comes with that part.
    const loaded = (data.sort === 'newest' ? data.previous : data.next) === null
    return loaded ? { ...data, comments, fresh: merge(data.fresh, [id], data.sort) } : data
  }
  const above = data.comments.get(parent)
  if (!above) return data
  const counted = withCount(data, parent, view.status === 'published' ? 1 : 0, ver)
  if (place === 'fresh' && above.next !== null) return counted
  const count = counted.comments.get(parent)?.count ?? 0
  change(comments, parent, (node) =>
    place === 'shown'
      ? { children: merge(node.children, [id], 'oldest'), count }
      : { fresh: merge(node.fresh, [id], 'oldest'), count },
  )
  return { ...data, comments }
}

function withCount(data: ThreadData, parent: string | null, by: number, ver: number): ThreadData {
  const node = data.comments.get(parent ?? '')
  if (!node || ver <= node.asOf) return data
  const comments = new Map(data.comments)
  comments.set(node.view.id, { ...node, count: Math.max(0, node.count + by) })
  return { ...data, comments }
}

/** Adds comments with the replies inside them; what is here already stays. */
function addViews(comments: Nodes, views: readonly CommentView[], ver: number): string[] {
  return views.map((view) => {
    const known = comments.get(view.id)
    comments.set(view.id, known ? { ...known, view } : nodeOf(comments, view, ver))
    return view.id
  })
}

function nodeOf(comments: Nodes, view: CommentView, ver: number): CommentNode {
  const { count, items, next } = view.replies
  const children = addViews(comments, items, ver)
  // An event tells the number of replies without bringing them.
  return { view, children, fresh: [], count, next: next ?? (children.length < count ? '' : null), asOf: ver }
}

function change(comments: Nodes, id: string, part: (node: CommentNode) => Partial<CommentNode>): void {
  const node = comments.get(id)
  if (node) comments.set(id, { ...node, ...part(node) })
}

function forget(comments: Nodes, id: string): void {
  const node = comments.get(id)
  comments.delete(id)
  for (const child of [...(node?.children ?? []), ...(node?.fresh ?? [])]) forget(comments, child)
}

/** Both lists in one. Ids begin with their moment, so their order is the order of time. */
function merge(ids: readonly string[], more: readonly string[], sort: ThreadSort): string[] {
  const sign = sort === 'newest' ? -1 : 1
  return [...new Set([...ids, ...more])].sort((a, b) => (a < b ? -sign : sign))
}

function without(ids: readonly string[], gone: readonly string[]): string[] {
  return ids.filter((id) => !gone.includes(id))
}
