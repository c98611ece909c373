import type { CommentRow, Cursor, Id, Page, Sort, Store, ThreadRef, ThreadTarget } from '../../ports/index.ts'
import { decodeCursor, encodeCursor } from '../../engine/cursor.ts'
import { ConfabError, invalid } from '../../engine/errors.ts'
import type { BuiltPage } from '../../engine/reader.ts'
import type { SiteSettings } from '../../engine/site.ts'
import type { CommentsPageView, ListCommentsQuery } from './schema.ts'
import type { ReplyMap, ShownReplies } from './view.ts'
import { commentView, threadView } from './view.ts'

/** Replies shown under a comment of a large thread before "show more". */
const previewReplies = 3
/** Most comments in one answer. A thread that fits is shown whole. */
const rowBudget = 200
/** Most replies of one comment in one answer, also in a small thread. */
const maxReplies = 50

/** One page, as the reader asked for it and in a form that names it. */
export interface PageRequest {
  readonly sort: Sort
  readonly limit: number
  readonly parent: Id | null
  readonly after?: Cursor
  readonly before?: Cursor
  readonly around?: Id
  /** The same for every request that gets the same page. */
  readonly name: string
}

/**
 * Puts a query into its one normal form.
 * @throws ConfabError `invalid` for a cursor of another sort
 */
export function pageRequest(query: ListCommentsQuery, site: Pick<SiteSettings, 'sort'>): PageRequest {
  // Replies read like a conversation: oldest first, however the roots are sorted.
  const sort = query.parent === undefined ? (query.sort ?? site.sort) : 'oldest'
  const place = query.after ?? query.before ?? query.around ?? ''
  const kind =
    query.after !== undefined ? 'a' : query.before !== undefined ? 'b' : query.around !== undefined ? 'r' : ''
  return {
    sort,
    limit: query.limit,
    parent: query.parent ?? null,
    ...(query.after !== undefined && { after: readCursor('after', sort, query.after) }),
    ...(query.before !== undefined && { before: readCursor('before', sort, query.before) }),
    ...(query.around !== undefined && { around: query.around }),
    name: `${sort}.${query.limit}.${query.parent ?? ''}.${kind}${place}`,
  }
}

function readCursor(field: string, sort: Sort, text: string): Cursor {
  const cursor = decodeCursor(sort, text)
  if (!cursor) throw invalid(field, 'must be a cursor from an answer with the same sort')
  return cursor
}

/**
 * Builds a page from the store.
 * @throws ConfabError `not_found` for a hidden thread and for `around` a comment that nobody may see
 */
export async function buildPage(store: Store, target: ThreadTarget, request: PageRequest): Promise<BuiltPage> {
  const built =
    request.around === undefined
      ? await listPage(store, target, request)
      : await aroundPage(store, target, request, request.around)
  if (built.page.thread?.state === 'hidden') throw new ConfabError('not_found', 'There is no such thread')
  const view: CommentsPageView = {
    thread: threadView(target, built.page.thread),
    items: built.page.rows.map((row) => commentView(row, built.replies)),
    next: built.next,
    previous: built.previous,
  }
  return { ver: view.thread.ver, json: JSON.stringify(view) }
}

interface Draft {
  readonly page: Page
  readonly replies: ReplyMap
  readonly next: string | null
  readonly previous: string | null
}

async function listPage(store: Store, target: ThreadTarget, request: PageRequest): Promise<Draft> {
  const { sort, limit, parent, after, before } = request
  const page = await store.page({
    ...ref(target),
    parent,
    sort,
    limit,
    ...(after && { after }),
    ...(before && { before }),
    replies: previewReplies,
  })
  const first = page.rows.at(0)
  const last = page.rows.at(-1)
  return {
    page,
    replies: await fillReplies(store, target, page),
    next: last && (before !== undefined || page.more) ? cursorAt(sort, last) : null,
    previous: first && (after !== undefined || (before !== undefined && page.more)) ? cursorAt(sort, first) : null,
  }
}

/** The page of roots in which a comment's branch stands, with the branch open down to it. */
async function aroundPage(store: Store, target: ThreadTarget, request: PageRequest, id: Id): Promise<Draft> {
  const { sort, limit } = request
  const [wanted] = await store.rows(ref(target), [id])
  if (!wanted?.visible) throw new ConfabError('not_found', 'There is no such comment')
  const place: Cursor = { rank: 0, id: wanted.root }
  const query = { ...ref(target), parent: null, sort, replies: previewReplies }
  const behind = await store.page({ ...query, after: place, inclusive: true, limit: Math.ceil(limit / 2) })
  const room = limit - behind.rows.length
  const ahead = await store.page({ ...query, before: place, limit: Math.max(1, room) })
  // Without room the one that was read only tells that there is something ahead.
  const above = room === 0 ? [] : ahead.rows
  const page: Page = {
    thread: behind.thread,
    rows: [...above, ...behind.rows],
    more: behind.more,
    replies: new Map([...ahead.replies, ...behind.replies]),
  }
  const first = page.rows.at(0)
  const last = page.rows.at(-1)
  return {
    page,
    replies: await openBranch(store, target, wanted, await fillReplies(store, target, page)),
    next: last && behind.more ? cursorAt(sort, last) : null,
    previous: first && (ahead.more || ahead.rows.length > above.length) ? cursorAt(sort, first) : null,
  }
}

/**
 * Adds replies of replies while the budget lasts. A small thread is shown whole; a large one gets a few replies on every
 * level, and its cost stays the same however large it is.
 */
async function fillReplies(store: Store, target: ThreadTarget, page: Page): Promise<Map<Id, ShownReplies>> {
  const shown = new Map<Id, ShownReplies>()
  for (const [id, rows] of page.replies) shown.set(id, contiguous(rows))
  const isSmall = (page.thread?.total ?? 0) <= rowBudget
  const perParent = isSmall ? maxReplies : previewReplies
  let used = page.rows.length
  for (const { rows } of shown.values()) used += rows.length

  let level = page.rows
  while (level.length > 0 && used < rowBudget) {
    const wanting = level.filter((row) => Math.min(row.replies, perParent) > (shown.get(row.id)?.rows.length ?? 0))
    const parents = wanting.slice(0, Math.max(1, Math.floor((rowBudget - used) / perParent)))
    if (parents.length > 0) {
      const found = await store.replies(
        ref(target),
        parents.map((row) => row.id),
        perParent,
      )
      for (const [id, rows] of found) {
        used += rows.length - (shown.get(id)?.rows.length ?? 0)
        shown.set(id, contiguous(rows))
      }
    }
    level = level.flatMap((row) => shown.get(row.id)?.rows ?? [])
  }
  return shown
}

/** Makes sure that each comment on the way to `wanted` is among the shown replies of the one above it. */
async function openBranch(
  store: Store,
  target: ThreadTarget,
  wanted: CommentRow,
  shown: Map<Id, ShownReplies>,
): Promise<ReplyMap> {
  const branch = (await store.rows(ref(target), wanted.path)).filter((row) => row !== null)
  const closed = branch.filter((row) => row.id !== wanted.id && !shown.has(row.id)).map((row) => row.id)
  if (closed.length > 0) {
    for (const [id, rows] of await store.replies(ref(target), closed, previewReplies)) shown.set(id, contiguous(rows))
  }
  for (const row of branch) {
    if (row.parent === null) continue
    const under = shown.get(row.parent) ?? { rows: [], readTo: null }
    if (under.rows.some((reply) => reply.id === row.id)) continue
    const rows = [...under.rows, row].sort((a, b) => (a.id < b.id ? -1 : 1))
    shown.set(row.parent, { rows, readTo: under.readTo })
  }
  return shown
}

function contiguous(rows: readonly CommentRow[]): ShownReplies {
  return { rows, readTo: rows.at(-1)?.id ?? null }
}

function cursorAt(sort: Sort, row: CommentRow): string {
  return encodeCursor(sort, { rank: 0, id: row.id })
}

function ref(target: ThreadRef): ThreadRef {
  return { site: target.site, thread: target.thread }
}
