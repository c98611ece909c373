import type { Id, Identity, Viewer } from './ports/index.ts'
import { ConfabError, invalid } from './engine/errors.ts'
import type { Kernel } from './engine/kernel.ts'
import { parseInput } from './engine/parse.ts'
import { threadId } from './engine/thread-id.ts'
import { viewerOf } from './features/auth/viewer.ts'
import type { CommentQueries } from './features/comments/queries.ts'
import type { CommentsPageView, CommentView, CountsView, RevisionView, ThreadView } from './features/comments/schema.ts'
import {
  countsQuery,
  createCommentInput,
  editCommentInput,
  keySchema,
  listCommentsQuery,
  pageKeySchema,
  patchThreadInput,
  setStatusInput,
} from './features/comments/schema.ts'
import type { CommentService, Place } from './features/comments/service.ts'

/** Which page a call is about. */
export interface PageRef {
  readonly site: string
  readonly pageKey: string
}

/** Who acts: the id of a user who wrote here before, or a user as `identify` would answer. */
export type Actor = string | Identity

/**
 * The use cases of comments without HTTP: same rules, no limits by rate, no origin.
 * Every call throws `ConfabError` with a code of the reference.
 */
export interface CommentsApi {
  create(
    input: PageRef & {
      readonly author: Actor
      readonly body: string
      readonly parent?: Id
      readonly url?: string
      readonly title?: string
      /** The same key twice writes one comment. 16 to 128 characters. */
      readonly key?: string
    },
  ): Promise<CommentView>
  edit(
    input: PageRef & { readonly by: Actor; readonly id: Id; readonly rev: number; readonly body: string },
  ): Promise<CommentView>
  remove(input: PageRef & { readonly by: Actor; readonly id: Id }): Promise<void>
  setStatus(
    input: PageRef & { readonly by: Actor; readonly id: Id; readonly status: CommentView['status'] },
  ): Promise<CommentView>
  list(
    input: PageRef & {
      readonly sort?: 'newest' | 'oldest'
      readonly limit?: number
      readonly after?: string
      readonly before?: string
      readonly around?: Id
      readonly parent?: Id
    },
  ): Promise<CommentsPageView>
  revisions(input: PageRef & { readonly by: Actor; readonly id: Id }): Promise<RevisionView[]>
  counts(input: { readonly site: string; readonly pageKeys: readonly string[] }): Promise<CountsView['counts']>
  /** Closes, hides, opens or renames a thread; for moderators. */
  setThread(
    input: PageRef & {
      readonly by: Actor
      readonly state?: ThreadView['state']
      readonly title?: string | null
      readonly url?: string | null
    },
  ): Promise<ThreadView>
}

export function createCommentsApi(kernel: Kernel, service: CommentService, queries: CommentQueries): CommentsApi {
  async function placeOf({ site: id, pageKey }: PageRef): Promise<Place> {
    const site = await kernel.findSite(id)
    if (!site) throw new ConfabError('not_found', `There is no site ${JSON.stringify(id)} here`)
    const key = parseInput(pageKeySchema, pageKey, 'pageKey')
    return { site, target: { site: site.id, key, thread: await threadId(site.id, key) } }
  }

  async function viewerFor(site: string, actor: Actor): Promise<Viewer> {
    if (typeof actor !== 'string') return viewerOf(actor)
    const [user] = await kernel.store.users.get(site, [actor])
    if (user) return user
    throw invalid('author', 'is not a user who wrote here before; give `{ id, name }` the first time')
  }

  return {
    async create({ site, pageKey, author, key, ...input }) {
      const place = await placeOf({ site, pageKey })
      const viewer = await viewerFor(site, author)
      const created = await service.create(viewer, place, {
        ...parseInput(createCommentInput, input),
        key: key === undefined ? null : parseInput(keySchema, key, 'key'),
      })
      return created.view
    },
    async edit({ site, pageKey, by, id, ...input }) {
      const place = await placeOf({ site, pageKey })
      const viewer = await viewerFor(site, by)
      return (await service.edit(viewer, place, { ...parseInput(editCommentInput, input), id })).view
    },
    async remove({ site, pageKey, by, id }) {
      const place = await placeOf({ site, pageKey })
      await service.remove(await viewerFor(site, by), place, id)
    },
    async setStatus({ site, pageKey, by, id, ...input }) {
      const place = await placeOf({ site, pageKey })
      const viewer = await viewerFor(site, by)
      return (await service.setStatus(viewer, place, { ...parseInput(setStatusInput, input), id })).view
    },
    async list({ site, pageKey, ...input }) {
      const place = await placeOf({ site, pageKey })
      const { page } = await queries.page(place, parseInput(listCommentsQuery, input))
      return JSON.parse(new TextDecoder().decode(page.plain)) as CommentsPageView
    },
    async revisions({ site, pageKey, by, id }) {
      const place = await placeOf({ site, pageKey })
      return service.revisions(await viewerFor(site, by), place, id)
    },
    async counts({ site: id, pageKeys }) {
      const { site, pageKey } = parseInput(countsQuery, { site: id, pageKey: pageKeys })
      const place = await placeOf({ site, pageKey: '-' })
      return (await queries.counts(place.site, pageKey)).counts
    },
    async setThread({ site, pageKey, by, ...input }) {
      const place = await placeOf({ site, pageKey })
      const viewer = await viewerFor(site, by)
      return (await service.patchThread(viewer, place, parseInput(patchThreadInput, input))).view
    },
  }
}
