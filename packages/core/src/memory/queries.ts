import type {
  CommentRow,
  Id,
  ListQuery,
  Page,
  PageQuery,
  RevisionRow,
  ThreadId,
  ThreadRef,
  ThreadRow,
} from '../ports/index.ts'
import type { MemoryState, StoredComment, StoredThread } from './state.ts'
import { byId, isPublished, toCommentRow } from './state.ts'

/** The thread, if it belongs to the site. Every question about one thread starts here. */
export function findThread(state: MemoryState, ref: ThreadRef): StoredThread | null {
  const thread = state.threads.get(ref.thread)
  return thread?.row.site === ref.site ? thread : null
}

export function findPage(state: MemoryState, query: PageQuery): Page {
  const thread = findThread(state, query)
  if (!thread) return { thread: null, rows: [], more: false, replies: new Map() }

  const found = visibleUnder(thread, query.parent)
  if (query.sort === 'newest') found.reverse()
  const isBehind = (id: Id, place: Id) => (query.sort === 'newest' ? id < place : id > place)

  let rows = found
  let more = false
  const { after, before, inclusive = false, limit } = query
  if (before) {
    const inFront = found.filter(({ id }) => (id === before.id ? inclusive : !isBehind(id, before.id)))
    more = inFront.length > limit
    rows = inFront.slice(-limit)
  } else {
    const behind = after ? found.filter(({ id }) => (id === after.id ? inclusive : isBehind(id, after.id))) : found
    more = behind.length > limit
    rows = behind.slice(0, limit)
  }
  return {
    thread: { ...thread.row },
    rows: rows.map((comment) => toCommentRow(state, query.site, comment)),
    more,
    replies: findReplies(
      state,
      query,
      rows.map(({ id }) => id),
      query.replies ?? 0,
    ),
  }
}

export function findReplies(
  state: MemoryState,
  ref: ThreadRef,
  parents: readonly Id[],
  limit: number,
): Map<Id, CommentRow[]> {
  const thread = findThread(state, ref)
  const replies = new Map<Id, CommentRow[]>()
  if (!thread) return replies
  for (const parent of parents) {
    const first = visibleUnder(thread, parent).slice(0, limit)
    if (first.length > 0) {
      replies.set(
        parent,
        first.map((comment) => toCommentRow(state, ref.site, comment)),
      )
    }
  }
  return replies
}

export function findRows(state: MemoryState, ref: ThreadRef, ids: readonly Id[]): (CommentRow | null)[] {
  const thread = findThread(state, ref)
  return ids.map((id) => {
    const comment = thread?.comments.get(id)
    return comment ? toCommentRow(state, ref.site, comment) : null
  })
}

export function findThreads(state: MemoryState, site: string, threads: readonly ThreadId[]): (ThreadRow | null)[] {
  return threads.map((thread) => {
    const found = findThread(state, { site, thread })
    return found ? { ...found.row } : null
  })
}

export function listThreadsOf(
  state: MemoryState,
  site: string,
  options: { readonly after?: ThreadId; readonly limit: number },
): ThreadRow[] {
  const { after = '', limit } = options
  return [...state.threads.values()]
    .filter(({ row }) => row.site === site && row.thread > after)
    .map(({ row }) => ({ ...row }))
    .sort((a, b) => (a.thread < b.thread ? -1 : 1))
    .slice(0, limit)
}

export function findMine(state: MemoryState, ref: ThreadRef, user: string, limit: number): CommentRow[] {
  return commentsOf(findThread(state, ref))
    .filter((comment) => comment.author === user && comment.status !== 'deleted')
    .sort(byId)
    .reverse()
    .slice(0, limit)
    .map((comment) => toCommentRow(state, ref.site, comment))
}

export function findList(state: MemoryState, query: ListQuery): CommentRow[] {
  const { site, limit, after } = query
  const found = [...state.threads.values()]
    .filter(({ row }) => row.site === site)
    .flatMap(commentsOf)
    .filter((comment) => belongs(comment, query))
    .sort(byId)
  if (query.by !== 'queue') found.reverse()
  const isBehind = (id: Id, place: Id) => (query.by === 'queue' ? id > place : id < place)
  return found
    .filter(({ id }) => after === undefined || isBehind(id, after))
    .slice(0, limit)
    .map((comment) => toCommentRow(state, site, comment))
}

export function scanThread(
  state: MemoryState,
  ref: ThreadRef,
  options: { readonly after?: Id; readonly limit: number },
): CommentRow[] {
  const { after = '', limit } = options
  return commentsOf(findThread(state, ref))
    .filter(({ id }) => id > after)
    .sort(byId)
    .slice(0, limit)
    .map((comment) => toCommentRow(state, ref.site, comment))
}

export function findRevisions(state: MemoryState, ref: ThreadRef, id: Id): RevisionRow[] {
  const revisions = findThread(state, ref)?.comments.get(id)?.revisions ?? []
  return revisions.map((revision) => ({ ...revision }))
}

function belongs(comment: StoredComment, query: ListQuery): boolean {
  switch (query.by) {
    case 'site':
      return isPublished(comment)
    case 'queue':
      return comment.status === query.status
    case 'author':
      return comment.author === query.user
  }
}

function commentsOf(thread: StoredThread | null): StoredComment[] {
  return thread ? [...thread.comments.values()] : []
}

/** Oldest first. */
function visibleUnder(thread: StoredThread, parent: Id | null): StoredComment[] {
  return commentsOf(thread)
    .filter((comment) => comment.visible && comment.parent === parent)
    .sort(byId)
}
