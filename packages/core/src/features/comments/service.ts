import type {
  CommentRow,
  Id,
  OpResult,
  RevisionRow,
  Status,
  ThreadRow,
  ThreadTarget,
  UserRow,
  Viewer,
} from '../../ports/index.ts'
import { ConfabError, invalid } from '../../engine/errors.ts'
import { contentHash } from '../../engine/hash.ts'
import type { Kernel } from '../../engine/kernel.ts'
import { createLru } from '../../engine/lru.ts'
import type { SiteSettings } from '../../engine/site.ts'
import { renderMarkdown } from '../../text/markdown.ts'
import { guestIdForKey } from '../auth/guest-token.ts'
import { canDelete, canEdit, canSeeSource, isAuthor, isModerator, placeReply } from './policy.ts'
import type {
  CommentView,
  CreateCommentInput,
  EditCommentInput,
  GuestInput,
  PatchThreadInput,
  RevisionView,
  SetStatusInput,
  ThreadView,
} from './schema.ts'
import { commentView, privateCommentView, threadView } from './view.ts'

/** All keys of guests share one scope: a guest may come back without the cookie that would tell them apart. */
const guestScope = 'guest'

/** Where a use case happens. */
export interface Place {
  readonly site: SiteSettings
  readonly target: ThreadTarget
}

/** What a write did. */
export interface Written<View> {
  readonly view: View
  /** The thread's version now: whoever wrote asks for at least this one. */
  readonly ver: number
}

/** A new comment, and who its author is in this browser from now on. */
export interface CreatedComment extends Written<CommentView> {
  /** The guest to remember; `null` for the host's users and for guests who are known already. */
  readonly guest: { readonly id: string; readonly name: string } | null
}

/** The use cases that change comments. Every rule is applied here, whichever way a call came in. */
export interface CommentService {
  create(
    viewer: Viewer | null,
    place: Place,
    input: CreateCommentInput & { readonly key: string | null },
  ): Promise<CreatedComment>
  edit(
    viewer: Viewer | null,
    place: Place,
    input: EditCommentInput & { readonly id: Id },
  ): Promise<Written<CommentView>>
  remove(viewer: Viewer | null, place: Place, id: Id): Promise<{ readonly ver: number }>
  setStatus(
    viewer: Viewer | null,
    place: Place,
    input: SetStatusInput & { readonly id: Id },
  ): Promise<Written<CommentView>>
  patchThread(viewer: Viewer | null, place: Place, input: PatchThreadInput): Promise<Written<ThreadView>>
  /** Every text the comment ever had, the present one last. */
  revisions(viewer: Viewer | null, place: Place, id: Id): Promise<RevisionView[]>
}

export function createCommentService(kernel: Kernel): CommentService {
  const { store, clock, ids, combiner } = kernel
  /** Users as they were last stored, so that a known author costs no second write. */
  const stored = createLru<string>(5_000)

  async function threadOf(target: ThreadTarget): Promise<ThreadRow | null> {
    const [thread] = await store.threads(target.site, [target.thread])
    return thread ?? null
  }

  async function rowOf(target: ThreadTarget, id: Id): Promise<CommentRow> {
    const [row] = await store.rows(target, [id])
    if (!row) throw notFound()
    return row
  }

  /** Stores the author's present name, keeping what is known from before and was not said again. */
  async function keepAuthor(author: Viewer, site: string): Promise<void> {
    const cacheKey = `${site}/${author.id}`
    const known = stored.get(cacheKey)
    if (known === JSON.stringify(author)) return
    const [before] = await store.users.get(site, [author.id])
    const user: UserRow = {
      site,
      id: author.id,
      name: author.name,
      avatar: author.avatar ?? before?.avatar ?? null,
      website: author.website ?? before?.website ?? null,
      email: author.email ?? before?.email ?? null,
      role: author.role,
      at: clock.now(),
    }
    await store.users.put(user)
    stored.set(cacheKey, JSON.stringify(author))
  }

  async function authorOf(
    viewer: Viewer | null,
    { site, target }: Place,
    guest: GuestInput | undefined,
    key: string | null,
  ): Promise<Viewer> {
    if (viewer !== null && viewer.role !== 'guest') return viewer
    if (!site.guests) throw new ConfabError('unauthorized', 'Sign in to write a comment')
    if (viewer === null && !guest) {
      throw new ConfabError('unauthorized', 'Give a name in `guest.name` or sign in to write a comment', {
        details: { fields: [{ field: 'guest', message: 'is needed from somebody who is not signed in' }] },
      })
    }
    if (site.guestEmail && viewer === null && guest?.email === undefined) {
      throw new ConfabError('invalid', '`guest.email` is needed on this site', {
        details: { fields: [{ field: 'guest.email', message: 'is needed on this site' }] },
      })
    }
    const id =
      viewer?.id ?? (key === null ? `guest:${ids.secret(16)}` : await guestIdForKey(kernel.signer, target.thread, key))
    return {
      id,
      name: guest?.name ?? viewer?.name ?? '',
      role: 'guest',
      email: guest?.email ?? null,
      website: guest?.website ?? null,
      avatar: null,
    }
  }

  async function placeOf(place: Place, parent: Id | null): Promise<{ parent: Id | null; replyTo: Id | null }> {
    if (parent === null) return { parent: null, replyTo: null }
    const [row] = await store.rows(place.target, [parent])
    if (row?.status !== 'published') throw parentGone()
    const reply = placeReply(row, place.site.maxDepth)
    if (reply.parent === row.id) return reply
    // The one that would take it may have been removed while the one it answers is still there.
    const above = await store.rows(place.target, row.path.slice(0, place.site.maxDepth))
    const nearest = above.findLast((ancestor) => ancestor?.status === 'published')
    if (!nearest) throw parentGone()
    return { parent: nearest.id, replyTo: row.id }
  }

  async function change(
    place: Place,
    row: CommentRow,
    to: Status,
    by: string,
    erase: boolean,
  ): Promise<Written<CommentRow>> {
    const { thread, result } = await combiner.commit(place.target, {
      op: 'status',
      id: row.id,
      to,
      by,
      at: clock.now(),
      ifStatus: [row.status],
      erase,
    })
    const done = succeeded(result)
    if (!done.row) throw notFound()
    return { view: done.row, ver: thread?.ver ?? 0 }
  }

  return {
    async create(viewer, place, input) {
      const { site, target } = place
      const author = await authorOf(viewer, place, input.guest, input.key)
      const { parent, replyTo } = await placeOf(place, input.parent ?? null)
      const at = clock.now()
      const status = site.premoderate === 'all' && !isModerator(author) ? 'pending' : 'published'
      await keepAuthor(author, site.id)
      const { thread, result } = await combiner.commit(
        { ...target, url: input.url ?? null, title: input.title ?? null },
        {
          op: 'create',
          id: ids.next(at),
          parent,
          replyTo,
          author: author.id,
          source: input.body,
          html: render(input.body),
          status,
          at,
          key:
            input.key === null
              ? null
              : {
                  scope: author.role === 'guest' ? guestScope : author.id,
                  value: input.key,
                  hash: await contentHash(JSON.stringify([input.parent ?? null, input.body])),
                },
        },
      )
      const { row } = succeeded(result)
      if (!row) throw notFound()
      // A repeated request may carry another cookie than the first one did; then the comment stays the first guest's.
      const isNewGuest = author.role === 'guest' && row.author.id === author.id
      return {
        view: row.status === 'published' ? commentView(row) : privateCommentView(row),
        ver: thread?.ver ?? 0,
        guest:
          isNewGuest && (viewer?.name !== author.name || viewer.id !== author.id)
            ? { id: author.id, name: author.name }
            : null,
      }
    },

    async edit(viewer, place, input) {
      const row = await rowOf(place.target, input.id)
      if (row.status === 'deleted') throw gone()
      const thread = await threadOf(place.target)
      const context = { site: place.site, state: thread?.state ?? 'open', now: clock.now() }
      if (viewer === null || !canEdit(viewer, row, context)) throw editRefused(viewer, row, context.state)
      const committed = await combiner.commit(place.target, {
        op: 'edit',
        id: row.id,
        ifRev: input.rev,
        source: input.body,
        html: render(input.body),
        by: viewer.id,
        at: context.now,
      })
      const done = succeeded(committed.result)
      if (!done.row) throw notFound()
      const view = done.row.status === 'published' ? commentView(done.row) : privateCommentView(done.row)
      return { view, ver: committed.thread?.ver ?? 0 }
    },

    async remove(viewer, place, id) {
      const row = await rowOf(place.target, id)
      if (row.status === 'deleted') throw gone()
      if (viewer === null || !canDelete(viewer, row)) throw refusal(viewer, row, 'delete a comment')
      const { ver } = await change(place, row, 'deleted', viewer.id, true)
      return { ver }
    },

    async setStatus(viewer, place, input) {
      const moderator = requireModerator(viewer)
      const row = await rowOf(place.target, input.id)
      if (row.status === 'deleted') throw gone()
      const { view, ver } =
        row.status === input.status
          ? { view: row, ver: (await threadOf(place.target))?.ver ?? 0 }
          : await change(place, row, input.status, moderator.id, input.status === 'deleted')
      return { view: privateCommentView(view), ver }
    },

    async patchThread(viewer, place, input) {
      const moderator = requireModerator(viewer)
      const { thread, result } = await combiner.commit(place.target, {
        op: 'thread',
        set: {
          ...(input.state !== undefined && { state: input.state }),
          ...(input.title !== undefined && { title: input.title }),
          ...(input.url !== undefined && { url: input.url }),
        },
        by: moderator.id,
        at: clock.now(),
      })
      succeeded(result)
      return { view: threadView(place.target, thread), ver: thread?.ver ?? 0 }
    },

    async revisions(viewer, place, id) {
      const row = await rowOf(place.target, id)
      if (!canSeeSource(viewer, row)) throw refusal(viewer, row, 'see earlier texts')
      return textsOf(row, await store.revisions(place.target, id))
    },
  }
}

/** A stored revision tells who replaced its text and when, which is who wrote the text after it. */
function textsOf(row: CommentRow, replaced: readonly RevisionRow[]): RevisionView[] {
  return [...replaced, { rev: row.rev, source: row.source }].map(({ rev, source }, index) => {
    const { by, at } = replaced[index - 1] ?? { by: row.author.id, at: row.at }
    return { rev, body: source, by, at }
  })
}

function succeeded(result: OpResult): Extract<OpResult, { ok: true }> {
  if (result.ok) return result
  switch (result.error) {
    case 'conflict':
      throw new ConfabError('conflict', 'The comment was changed meanwhile; look at it again', {
        details: { comment: result.row ? privateCommentView(result.row) : null },
      })
    case 'locked':
      throw new ConfabError('locked', 'This discussion is closed')
    case 'parent_not_found':
      throw parentGone()
    case 'key_reused':
      throw new ConfabError('key_reused', 'This `Idempotency-Key` was used for another comment; make a new one')
    case 'exists':
    case 'not_found':
      throw notFound()
  }
}

function requireModerator(viewer: Viewer | null): Viewer {
  if (viewer === null) throw new ConfabError('unauthorized', 'Sign in as a moderator')
  if (!isModerator(viewer)) throw new ConfabError('forbidden', 'Only moderators may do this')
  return viewer
}

function notFound(): ConfabError {
  return new ConfabError('not_found', 'There is no such comment')
}

function gone(): ConfabError {
  return new ConfabError('gone', 'This comment was deleted')
}

function parentGone(): ConfabError {
  return new ConfabError('not_found', 'The comment you answer is not there any more', {
    details: { fields: [{ field: 'parent', message: 'is not there any more' }] },
  })
}

/** What is not public must not be told from what does not exist. */
function refusal(viewer: Viewer | null, row: CommentRow, what: string): ConfabError {
  if (row.status !== 'published') return notFound()
  return viewer === null
    ? new ConfabError('unauthorized', `Sign in to ${what}`)
    : new ConfabError('forbidden', `Only its author and moderators may ${what}`)
}

function editRefused(viewer: Viewer | null, row: CommentRow, state: string): ConfabError {
  if (!isAuthor(viewer, row)) return refusal(viewer, row, 'edit a comment')
  if (state !== 'open') return new ConfabError('locked', 'This discussion is closed')
  return new ConfabError('forbidden', 'The time to edit this comment is over')
}

/** A text can be all markup, such as the definition of a link that nothing uses. Nobody would see such a comment. */
function render(body: string): string {
  const html = renderMarkdown(body)
  if (html === '') throw invalid('body', 'must hold something to read')
  return html
}
