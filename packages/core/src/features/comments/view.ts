import type { AuthorRow, CommentRow, ThreadRow, ThreadTarget } from '../../ports/index.ts'
import { encodeCursor } from '../../engine/cursor.ts'
import type { AuthorView, CommentView, ThreadView } from './schema.ts'

/** The replies that stand under one comment in an answer. */
export interface ShownReplies {
  readonly rows: readonly CommentRow[]
  /** The last one before which none is missing: reading on starts behind it. `null`: start from the first. */
  readonly readTo: string | null
}

/** Shown replies by the id of the comment they stand under. */
export type ReplyMap = ReadonlyMap<string, ShownReplies>

/** A comment as everyone may see it. One that is not published only keeps its place. */
export function commentView(row: CommentRow, replies: ReplyMap = new Map()): CommentView {
  const shown = row.status === 'published'
  const under = replies.get(row.id)
  const items = (under?.rows ?? []).map((reply) => commentView(reply, replies))
  return {
    ...placeView(row),
    author: shown ? authorView(row.author) : null,
    status: shown ? 'published' : 'deleted',
    rev: row.rev,
    html: shown ? row.html : '',
    up: shown ? row.up : 0,
    down: shown ? row.down : 0,
    replies: { count: row.replies, items, next: nextReplies(row, under) },
    pinned: false,
    createdAt: row.at,
    editedAt: shown ? row.editedAt : null,
  }
}

/** A comment as its author and moderators see it, whatever its status. */
export function privateCommentView(row: CommentRow): CommentView {
  return {
    ...commentView(row),
    author: authorView(row.author),
    status: row.status,
    html: row.html,
    editedAt: row.editedAt,
  }
}

function placeView(row: CommentRow): Pick<CommentView, 'id' | 'thread' | 'parent' | 'root' | 'depth' | 'replyTo'> {
  return {
    id: row.id,
    thread: row.thread,
    parent: row.parent,
    root: row.root,
    depth: row.depth,
    replyTo: row.replyTo,
  }
}

function authorView(author: AuthorRow): AuthorView {
  return {
    id: author.id,
    name: author.name,
    avatar: author.avatar,
    website: author.website,
    badges: author.role === 'member' ? [] : [author.role],
  }
}

/** Where the rest of the replies begins. */
function nextReplies(row: CommentRow, under: ShownReplies | undefined): string | null {
  if (row.replies <= (under?.rows.length ?? 0)) return null
  return encodeCursor('oldest', { rank: 0, id: under?.readTo ?? '0'.repeat(16) })
}

/** A thread as everyone may see it; one without a row has simply no comments yet. */
export function threadView(target: ThreadTarget, row: ThreadRow | null): ThreadView {
  return {
    id: target.thread,
    site: target.site,
    pageKey: row?.key ?? target.key,
    url: row?.url ?? null,
    title: row?.title ?? null,
    ver: row?.ver ?? 0,
    comments: row?.total ?? 0,
    state: row?.state ?? 'open',
    createdAt: row?.createdAt ?? null,
    lastAt: row?.lastAt ?? null,
  }
}
