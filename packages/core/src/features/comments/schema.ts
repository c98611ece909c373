import { z } from 'zod'

import { cleanLine, cleanText, isBlank } from '../../text/clean.ts'
import { safeLink } from '../../text/link.ts'

/** Longest text of one comment, in UTF-16 code units. */
export const maxBodyLength = 10_000
/** Most pages that one request for counts may name. */
export const maxCounts = 100

const id = z.string().regex(/^[0-9a-v]{16}$/, 'must be a comment id')
const cursor = z.string().max(200)
const httpUrl = z
  .string()
  .max(2000)
  .refine((value) => isHttpUrl(value), 'must be an http or https address')

/** Without blanks, controls and user names, in which an address can hide where it leads. */
function isHttpUrl(value: string): boolean {
  return !/\s/.test(value) && safeLink(value)?.startsWith('http') === true
}

const body = z
  .string()
  .max(maxBodyLength, `must be at most ${maxBodyLength} characters`)
  .transform(cleanText)
  // Composing can lengthen a text as well as shorten it.
  .refine((value) => value.length <= maxBodyLength, `must be at most ${maxBodyLength} characters`)
  .refine((value) => !isBlank(value), 'must not be empty')

const line = (max: number) =>
  z
    .string()
    .max(max, `must be at most ${max} characters`)
    .transform(cleanLine)
    .refine((value) => value.length <= max, `must be at most ${max} characters`)

export const siteIdSchema = z.string().regex(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, - and _')
const typedPageKey = z
  .string()
  .min(1)
  .max(500, 'must be at most 500 characters')
  .refine((value) => !/[\u0000-\u001f\u007f]/.test(value), 'must not hold control characters')

/** One form of a page key for all ways of composing it. */
export function normalPageKey(pageKey: string): string {
  return pageKey.toWellFormed().normalize('NFC')
}

/** A page's own name: usually its path. Never a secret. */
export const pageKeySchema = typedPageKey.transform(normalPageKey)

/** Makes a repeated request harmless. For guests it stands for the browser that made it, so nobody may guess it. */
export const keySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 random characters of A-Z, a-z, 0-9, - and _')

/** What a guest says of themselves. */
export const guestInput = z.strictObject({
  name: line(60).refine((value) => !isBlank(value), 'must not be empty'),
  email: z
    .string()
    .max(254)
    .regex(
      /^[^\s\p{C}@,;:<>()[\]"\\]{1,64}@[^\s\p{C}@,;:<>()[\]"\\]+\.[^\s\p{C}@,;:<>()[\]"\\]+$/u,
      'must be one plain e-mail address',
    )
    .optional(),
  website: httpUrl.optional(),
})

export const createCommentInput = z.strictObject({
  body,
  parent: id.nullable().optional(),
  url: httpUrl.optional(),
  title: line(300).optional(),
  guest: guestInput.optional(),
})

export const editCommentInput = z.strictObject({ body, rev: z.int().min(1) })

export const setStatusInput = z.strictObject({
  status: z.enum(['published', 'pending', 'spam', 'rejected', 'deleted']),
  reason: line(500).optional(),
})

export const patchThreadInput = z.strictObject({
  state: z.enum(['open', 'locked', 'hidden']).optional(),
  title: line(300).nullable().optional(),
  url: httpUrl.nullable().optional(),
})

const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

export const commentIdSchema = id

/** The two parameters that stand for a thread's id in `/threads/-`. */
export const threadQuery = z.strictObject({ site: siteIdSchema.optional(), pageKey: pageKeySchema.optional() })

export const listCommentsQuery = z
  .strictObject({
    site: siteIdSchema.optional(),
    pageKey: pageKeySchema.optional(),
    sort: z.enum(['newest', 'oldest']).optional(),
    limit: wholeNumber(1, 50).default(20),
    after: cursor.optional(),
    before: cursor.optional(),
    around: id.optional(),
    parent: id.optional(),
    min: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  })
  .refine((query) => [query.after, query.before, query.around].filter((part) => part !== undefined).length <= 1, {
    message: 'must not stand beside `before` or `around`: only one of the three says where a page is',
    path: ['after'],
  })

export const eventsQuery = z.strictObject({
  site: siteIdSchema.optional(),
  pageKey: pageKeySchema.optional(),
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  /** Seconds to wait for news before an empty answer. With it the answer is JSON, without it a stream. */
  wait: wholeNumber(0, 60).optional(),
})

/** The keys stay as they were typed: the answer names them as they were asked. */
export const countsQuery = z.strictObject({
  site: siteIdSchema,
  pageKey: z
    .array(typedPageKey)
    .min(1, 'must be given at least once')
    .max(maxCounts, `must be at most ${maxCounts} pages`),
})

export const latestQuery = z.strictObject({ limit: wholeNumber(1, 100).default(20), after: id.optional() })

/** Whoever wrote it, for everyone to see. */
export interface AuthorView {
  id: string
  name: string
  avatar: string | null
  website: string | null
  /** `guest`, `moderator`, `admin`; empty for members. */
  badges: string[]
}

/** One comment, the same for every reader: in a page, as the answer to a write, and in events. */
export interface CommentView {
  id: string
  thread: string
  parent: string | null
  root: string
  depth: number
  /** The comment really answered, where the depth limit made this one its sibling. */
  replyTo: string | null
  /** `null` when only the place is kept. */
  author: AuthorView | null
  /** `deleted`: only the place is kept. `pending` reaches nobody but its author and moderators. */
  status: 'published' | 'pending' | 'spam' | 'rejected' | 'deleted'
  rev: number
  html: string
  up: number
  down: number
  replies: RepliesView
  pinned: boolean
  createdAt: number
  editedAt: number | null
}

/** The replies of one comment, oldest first. */
export interface RepliesView {
  /** Visible direct replies. */
  count: number
  items: CommentView[]
  /** Cursor for `?parent=...&after=...` when there are more than `items`; `null` otherwise. */
  next: string | null
}

/** One conversation. */
export interface ThreadView {
  id: string
  site: string
  pageKey: string
  url: string | null
  title: string | null
  ver: number
  /** Published comments. */
  comments: number
  state: 'open' | 'locked' | 'hidden'
  createdAt: number | null
  lastAt: number | null
}

/** A page of comments. */
export interface CommentsPageView {
  thread: ThreadView
  items: CommentView[]
  next: string | null
  previous: string | null
}

/** A comment of the reader's own, with what only they may see. */
export interface OwnCommentView {
  id: string
  status: CommentView['status']
  rev: number
  /** The Markdown as it was typed. */
  body: string
  /** Editing ends at this moment, epoch ms; `null` when it has ended. */
  editableUntil: number | null
  deletable: boolean
}

/** What is about the reader: private, never cached. */
export interface MeView {
  viewer: { id: string; name: string; avatar: string | null; role: 'guest' | 'member' | 'moderator' | 'admin' } | null
  /** What the reader may do in this thread. */
  can: { comment: boolean; moderate: boolean }
  /** What a guest must give to write; `null` when guests may not write here or the reader is known already. */
  guest: { email: boolean } | null
  /** The reader's newest 100 comments in this thread. */
  mine: OwnCommentView[]
  /** Those of them that wait for a moderator, in full. */
  pending: CommentView[]
}

/** One text of a comment's past or present. */
export interface RevisionView {
  rev: number
  body: string
  by: string
  at: number
}

/** What a stream or a long poll carries. A reader at `ver` n applies n + 1, drops what is lower and loads what is between. */
export interface EventView {
  id: string
  type: 'comment.created' | 'comment.edited' | 'comment.removed' | 'thread.changed'
  v: 1
  thread: string
  ver: number
  at: number
  /** Published comments of the thread now. */
  comments: number
  /** The comment it is about, as it is now; `comment: null` when nothing of it is public any more. */
  data: { id: string | null; comment: CommentView | null }
}

/** Answer of a long poll. `reset`: too much was missed, load the page again. */
export interface EventsView {
  ver: number
  reset: boolean
  events: EventView[]
}

export interface CountsView {
  /** Published comments by page key, exactly the keys that were asked. */
  counts: { [pageKey: string]: number }
}

export interface LatestView {
  items: CommentView[]
  next: string | null
}

export type CreateCommentInput = z.output<typeof createCommentInput>
export type EditCommentInput = z.output<typeof editCommentInput>
export type SetStatusInput = z.output<typeof setStatusInput>
export type PatchThreadInput = z.output<typeof patchThreadInput>
export type ListCommentsQuery = z.output<typeof listCommentsQuery>
export type GuestInput = z.output<typeof guestInput>
