import type { CommentRow, Id, ThreadRow, ThreadTarget, Viewer } from '../../ports/index.ts'
import { ConfabError } from '../../engine/errors.ts'
import type { Kernel } from '../../engine/kernel.ts'
import type { PageResult } from '../../engine/reader.ts'
import type { SiteSettings } from '../../engine/site.ts'
import { threadId } from '../../engine/thread-id.ts'
import { canDelete, canEdit, canSeeSource, editableUntil, isModerator, whyNotComment } from './policy.ts'
import type { PageRequest } from './pages.ts'
import { buildPage, pageRequest } from './pages.ts'
import type {
  CommentView,
  CountsView,
  LatestView,
  ListCommentsQuery,
  MeView,
  OwnCommentView,
  ThreadView,
} from './schema.ts'
import { normalPageKey } from './schema.ts'
import type { Place } from './service.ts'
import { commentView, privateCommentView, threadView } from './view.ts'

const maxMine = 100

/** The questions about comments. */
export interface CommentQueries {
  /** A finished page, from memory where it can be. */
  page(place: Place, query: ListCommentsQuery): Promise<{ readonly request: PageRequest; readonly page: PageResult }>
  /** @throws ConfabError `not_found`, `gone` */
  comment(viewer: Viewer | null, place: Place, id: Id): Promise<CommentView>
  thread(place: Place): Promise<ThreadView>
  counts(site: SiteSettings, pageKeys: readonly string[]): Promise<CountsView>
  latest(site: SiteSettings, options: { readonly limit: number; readonly after?: Id | undefined }): Promise<LatestView>
  me(viewer: Viewer | null, place: Place): Promise<MeView>
}

export function createCommentQueries(kernel: Kernel): CommentQueries {
  const { store, clock, reader } = kernel
  /** A query that is asked again is the same object, so its normal form need not be made again. */
  const requests = new WeakMap<ListCommentsQuery, PageRequest>()

  async function threadOf(target: ThreadTarget): Promise<ThreadRow | null> {
    const [row] = await store.threads(target.site, [target.thread])
    if (row?.state === 'hidden') throw new ConfabError('not_found', 'There is no such thread')
    return row ?? null
  }

  function ownView(viewer: Viewer, row: CommentRow, site: SiteSettings, thread: ThreadRow | null): OwnCommentView {
    const now = clock.now()
    const editable = canEdit(viewer, row, { site, state: thread?.state ?? 'open', now })
    return {
      id: row.id,
      status: row.status,
      rev: row.rev,
      body: row.source,
      editableUntil: editable ? (isModerator(viewer) ? Number.MAX_SAFE_INTEGER : editableUntil(row, site)) : null,
      deletable: canDelete(viewer, row),
    }
  }

  return {
    async page(place, query) {
      const request = requests.get(query) ?? pageRequest(query, place.site)
      requests.set(query, request)
      const page = await reader.read(place.target, request.name, query.min ?? 0, () =>
        buildPage(store, place.target, request),
      )
      return { request, page }
    },

    async comment(viewer, place, id) {
      await threadOf(place.target)
      const [row] = await store.rows(place.target, [id])
      if (row?.status === 'deleted') throw new ConfabError('gone', 'This comment was deleted')
      if (row?.status === 'published') return commentView(row)
      if (row && canSeeSource(viewer, row)) return privateCommentView(row)
      throw new ConfabError('not_found', 'There is no such comment')
    },

    async thread(place) {
      return threadView(place.target, await threadOf(place.target))
    },

    async counts(site, pageKeys) {
      const threads = await Promise.all(pageKeys.map((key) => threadId(site.id, normalPageKey(key))))
      const rows = await store.threads(site.id, threads)
      const counts = pageKeys.map((key, index) => {
        const row = rows[index]
        return [key, row && row.state !== 'hidden' ? row.total : 0] as const
      })
      // Not an object literal: a page may be called `__proto__`.
      return { counts: Object.fromEntries(counts) }
    },

    async latest(site, { limit, after }) {
      const rows = await store.list({
        by: 'site',
        site: site.id,
        limit: limit + 1,
        ...(after !== undefined && { after }),
      })
      const shown = rows.slice(0, limit)
      const ids = [...new Set(shown.map((row) => row.thread))]
      const threads = await store.threads(site.id, ids)
      const hidden = new Set(threads.flatMap((thread) => (thread?.state === 'hidden' ? [thread.thread] : [])))
      return {
        items: shown.filter((row) => !hidden.has(row.thread)).map((row) => commentView(row)),
        next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
      }
    },

    async me(viewer, place) {
      const { site, target } = place
      const thread = await threadOf(target)
      const rows = viewer === null ? [] : await store.mine(target, viewer.id, maxMine)
      return {
        viewer: viewer && { id: viewer.id, name: viewer.name, avatar: viewer.avatar, role: viewer.role },
        can: { comment: whyNotComment(viewer, site, thread?.state ?? 'open') === null, moderate: isModerator(viewer) },
        guest: viewer === null && site.guests ? { email: site.guestEmail } : null,
        mine: viewer === null ? [] : rows.map((row) => ownView(viewer, row, site, thread)),
        pending: rows.filter((row) => row.status === 'pending').map(privateCommentView),
      }
    },
  }
}
