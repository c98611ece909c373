import { z } from 'zod'
import type { CommentRow, RestoreRow, ThreadRow, UserRow } from '@confab/core/ports'

/** Raised when a line gets another meaning. Readers refuse what is newer than they are. */
export const formatVersion = 1

const text = (max: number) => z.string().max(max)
const moment = z.int().min(0)
const amount = z.int().min(0)
const siteId = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const id = z.string().regex(/^[0-9a-v]{16}$/)
const userId = z.string().min(1).max(500)
/** Links and pictures are shown to readers: nothing but the web may hide in them. Paths are of the page itself. */
const address = text(2000).refine(
  (value) => /^https?:$/.test(URL.parse(value, 'https://page.invalid')?.protocol ?? ''),
  'is not a web address',
)

const header = z.strictObject({
  type: z.literal('header'),
  format: z.literal('confab'),
  version: z.int(),
})
const site = z.strictObject({ type: z.literal('site'), id: siteId, origins: z.array(text(300)).max(1000) })
const thread = z.strictObject({
  type: z.literal('thread'),
  thread: text(100),
  site: siteId,
  key: text(500).min(1),
  url: text(2000).nullable(),
  title: text(2000).nullable(),
  ver: amount,
  total: amount,
  roots: amount,
  state: z.enum(['open', 'locked', 'hidden']),
  createdAt: moment,
  lastAt: moment.nullable(),
})
const user = z.strictObject({
  type: z.literal('user'),
  site: siteId,
  id: userId,
  name: text(500),
  avatar: address.nullable(),
  website: address.nullable(),
  email: text(500).nullable(),
  role: z.enum(['guest', 'member', 'moderator', 'admin']),
  at: moment,
})
const revision = z.strictObject({ rev: z.int().min(1), source: text(1_000_000), by: userId, at: moment })
const comment = z.strictObject({
  type: z.literal('comment'),
  id,
  parent: id.nullable(),
  path: z.array(id).min(1).max(100),
  replyTo: id.nullable(),
  author: userId,
  status: z.enum(['published', 'pending', 'spam', 'rejected', 'deleted']),
  visible: z.boolean(),
  rev: z.int().min(1),
  source: text(1_000_000),
  up: amount,
  down: amount,
  replies: amount,
  descendants: amount,
  at: moment,
  editedAt: moment.nullable(),
  revisions: z.array(revision),
})
/** What came since the last `thread` is void: it changed while it was read, and follows anew. */
const again = z.strictObject({ type: z.literal('again') })
const end = z.strictObject({
  type: z.literal('end'),
  threads: amount,
  comments: amount,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

export const lineSchema = z.discriminatedUnion('type', [header, site, thread, user, comment, again, end])

/** One line of an export. */
export type Line = z.infer<typeof lineSchema>
export type CommentLine = z.infer<typeof comment>
export type ThreadLine = z.infer<typeof thread>
export type UserLine = z.infer<typeof user>

export function threadLine(row: ThreadRow): ThreadLine {
  const { site: of, key, url, title, ver, total, roots, state, createdAt, lastAt } = row
  return {
    type: 'thread',
    site: of,
    thread: row.thread,
    key,
    url,
    title,
    ver,
    total,
    roots,
    state,
    createdAt,
    lastAt,
  }
}

export function userLine(row: UserRow): UserLine {
  const { site: of, name, avatar, website, email, role, at } = row
  return { type: 'user', site: of, id: row.id, name, avatar, website, email, role, at }
}

export function commentLine(row: CommentRow, revisions: RestoreRow['revisions']): CommentLine {
  return {
    type: 'comment',
    id: row.id,
    parent: row.parent,
    path: row.path,
    replyTo: row.replyTo,
    author: row.author.id,
    status: row.status,
    visible: row.visible,
    rev: row.rev,
    source: row.source,
    up: row.up,
    down: row.down,
    replies: row.replies,
    descendants: row.descendants,
    at: row.at,
    editedAt: row.editedAt,
    revisions: revisions.map(({ rev, source, by, at }) => ({ rev, source, by, at })),
  }
}
