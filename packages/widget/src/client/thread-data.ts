import type { ThreadSort } from './create-client.ts'
import type { CommentView, CommentsPageView, ThreadView } from '@confab/core'

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

/** Comments by id. */
export type Nodes = Map<string, CommentNode>

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

/** Adds comments with the replies inside them; what is here already stays. */
function addViews(comments: Nodes, views: readonly CommentView[], ver: number): string[] {
  return views.map((view) => {
    const known = comments.get(view.id)
    comments.set(view.id, known ? { ...known, view } : nodeOf(comments, view, ver))
    return view.id
  })
}

/** A comment as it came. */
export function nodeOf(comments: Nodes, view: CommentView, ver: number): CommentNode {
  const { count, items, next } = view.replies
  const children = addViews(comments, items, ver)
  // An event tells the number of replies without bringing them.
  return { view, children, fresh: [], count, next: next ?? (children.length < count ? '' : null), asOf: ver }
}

/** Changes one node of a map that is being made. */
export function change(comments: Nodes, id: string, part: (node: CommentNode) => Partial<CommentNode>): void {
  const node = comments.get(id)
  if (node) comments.set(id, { ...node, ...part(node) })
}

/** Both lists in one. Ids begin with their moment, so their order is the order of time. */
export function merge(ids: readonly string[], more: readonly string[], sort: ThreadSort): string[] {
  const sign = sort === 'newest' ? -1 : 1
  return [...new Set([...ids, ...more])].sort((a, b) => (a < b ? -sign : sign))
}

/** The list without some of its ids. */
export function without(ids: readonly string[], gone: readonly string[]): string[] {
  return ids.filter((id) => !gone.includes(id))
}
