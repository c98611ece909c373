import type { Kernel } from '../../engine/kernel.ts'
import { ConfabError } from '../../engine/errors.ts'
import type { Route } from '../../engine/route.ts'
import { json, route } from '../../engine/route.ts'
import type { CommentQueries } from './queries.ts'
import type { EventsView, EventView } from './schema.ts'
import {
  commentIdSchema,
  countsQuery,
  createCommentInput,
  editCommentInput,
  eventsQuery,
  latestQuery,
  listCommentsQuery,
  patchThreadInput,
  setStatusInput,
  threadQuery,
} from './schema.ts'
import type { CommentService } from './service.ts'

const comments = '/threads/:thread/comments'
const oneComment = `${comments}/:comment`

/** The paths of comments and threads. */
export function commentRoutes(kernel: Kernel, service: CommentService, queries: CommentQueries): Route[] {
  return [
    route({
      method: 'GET',
      path: comments,
      summary: 'A page of comments',
      access: 'public',
      query: listCommentsQuery,
      async run({ site, target, query }) {
        const { page } = await queries.page({ site, target }, query)
        return { kind: 'page', etag: `W/"${page.ver}.${page.tag}"`, ...page }
      },
    }),

    route({
      method: 'POST',
      path: comments,
      summary: 'Write a comment or a reply',
      access: 'private',
      query: threadQuery,
      body: createCommentInput,
      async run({ site, target, body, key, viewer, keepGuest, limitWrites }) {
        const author = await viewer()
        await limitWrites(author?.id ?? '')
        const created = await service.create(author, { site, target }, { ...body, key })
        if (created.guest) await keepGuest(created.guest)
        return json(created.view, created.view.status === 'published' ? 201 : 202, created.ver)
      },
    }),

    route({
      method: 'GET',
      path: oneComment,
      summary: 'One comment',
      access: 'private',
      query: threadQuery,
      async run({ site, target, params, viewer }) {
        return json(await queries.comment(await viewer(), { site, target }, commentParam(params)))
      },
    }),

    route({
      method: 'PATCH',
      path: oneComment,
      summary: 'Change the text of a comment',
      access: 'private',
      query: threadQuery,
      body: editCommentInput,
      async run({ site, target, params, body, viewer, limitWrites }) {
        const author = await viewer()
        await limitWrites(author?.id ?? '')
        const edited = await service.edit(author, { site, target }, { ...body, id: commentParam(params) })
        return json(edited.view, 200, edited.ver)
      },
    }),

    route({
      method: 'DELETE',
      path: oneComment,
      summary: 'Delete a comment',
      access: 'private',
      query: threadQuery,
      async run({ site, target, params, viewer, limitWrites }) {
        const author = await viewer()
        await limitWrites(author?.id ?? '')
        const { ver } = await service.remove(author, { site, target }, commentParam(params))
        return { kind: 'empty', ver }
      },
    }),

    route({
      method: 'GET',
      path: `${oneComment}/revisions`,
      summary: 'Every text of a comment, for its author and moderators',
      access: 'private',
      query: threadQuery,
      async run({ site, target, params, viewer }) {
        const items = await service.revisions(await viewer(), { site, target }, commentParam(params))
        return json({ items, next: null })
      },
    }),

    route({
      method: 'PUT',
      path: `${oneComment}/status`,
      summary: 'Approve, hide or remove a comment, for moderators',
      access: 'private',
      query: threadQuery,
      body: setStatusInput,
      async run({ site, target, params, body, viewer }) {
        const done = await service.setStatus(await viewer(), { site, target }, { ...body, id: commentParam(params) })
        return json(done.view, 200, done.ver)
      },
    }),

    route({
      method: 'GET',
      path: '/threads/:thread',
      summary: 'A thread: counts, state, version',
      access: 'private',
      query: threadQuery,
      run: async ({ site, target }) => json(await queries.thread({ site, target })),
    }),

    route({
      method: 'PATCH',
      path: '/threads/:thread',
      summary: 'Close, hide or rename a thread, for moderators',
      access: 'private',
      query: threadQuery,
      body: patchThreadInput,
      async run({ site, target, body, viewer }) {
        const done = await service.patchThread(await viewer(), { site, target }, body)
        return json(done.view, 200, done.ver)
      },
    }),

    route({
      method: 'GET',
      path: '/threads/:thread/me',
      summary: 'What is about the reader: name, rights, own comments',
      access: 'private',
      query: threadQuery,
      run: async ({ site, target, viewer }) => json(await queries.me(await viewer(), { site, target })),
    }),

    route({
      method: 'GET',
      path: '/threads/:thread/events',
      summary: 'What happens in a thread, as a stream or by long poll',
      access: 'private',
      live: true,
      query: eventsQuery,
      async run({ target, query, request }) {
        const resume = request.headers.get('last-event-id')
        const after = resume !== null && /^\d{1,15}$/.test(resume) ? Number(resume) : (query.after ?? null)
        if (query.wait === undefined) {
          return { kind: 'stream', open: (sink) => kernel.live.open(target, after, sink) }
        }
        const from = after ?? (await kernel.store.ver(target))
        const news = await kernel.live.wait(target, from, query.wait * 1000, request.signal)
        const view: EventsView = {
          ver: news.ver,
          reset: news.reset,
          events: news.events.map((event) => event.view as EventView),
        }
        return json(view)
      },
    }),

    route({
      method: 'GET',
      path: '/counts',
      summary: 'How many comments up to 100 pages have',
      access: 'public',
      query: countsQuery,
      lists: ['pageKey'],
      run: async ({ site, query }) => json(await queries.counts(site, query.pageKey)),
    }),

    route({
      method: 'GET',
      path: '/sites/:site/comments',
      summary: 'The latest comments of a site',
      access: 'public',
      query: latestQuery,
      run: async ({ site, query }) => json(await queries.latest(site, query)),
    }),
  ]
}

function commentParam(params: { readonly [name: string]: string }): string {
  const id = commentIdSchema.safeParse(params['comment'])
  if (!id.success) throw new ConfabError('not_found', 'There is no such comment')
  return id.data
}
