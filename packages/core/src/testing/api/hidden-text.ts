import type { CommentView, EventsView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import type { Api, Visitor } from './client.ts'
import { openStream } from './stream.ts'

/** Everything a reader can ask about one comment's page, in one text. */
async function everythingFor(api: Api, reader: Visitor, comment: CommentView): Promise<string> {
  const { id, thread } = comment
  const answers = await Promise.all([
    reader.thread('GET', '/comments'),
    reader.thread('GET', '/comments', { query: { sort: 'oldest', limit: 50 } }),
    reader.thread('GET', '/comments', { query: { around: id } }),
    reader.thread('GET', '/comments', { query: { parent: id } }),
    ...(comment.parent === null ? [] : [reader.thread('GET', '/comments', { query: { parent: comment.parent } })]),
    reader.send('GET', `/v1/threads/${thread}/comments`),
    reader.send('GET', `/v1/threads/${thread}/comments/${id}`),
    reader.thread('GET', `/comments/${id}`),
    reader.thread('GET', `/comments/${id}/revisions`),
    reader.thread('GET', ''),
    reader.thread('GET', '/me'),
    reader.thread('GET', '/events', { query: { after: 0, wait: 0 } }),
    reader.send('GET', '/v1/counts', { query: { site: reader.site, pageKey: ['/hello'] } }),
    reader.send('GET', `/v1/sites/${reader.site}/comments`),
    reader.thread('PATCH', `/comments/${id}`, { body: { body: 'x', rev: 1 } }),
    reader.thread('PUT', `/comments/${id}/status`, { body: { status: 'published' } }),
    reader.thread('POST', '/comments', { body: { body: 'x', parent: 'v'.repeat(16) } }),
  ])
  const stream = await openStream(api.fetch, { site: reader.site, after: 0 })
  const frame = await stream.next()
  await stream.close()
  return [...answers.map((answer) => answer.text), frame.data].join('\n')
}

export const hiddenTextTests: ApiTests = ({ test, expect, describe }) => {
  describe('a text that is not public', () => {
    for (const status of ['pending', 'spam', 'rejected', 'deleted'] as const) {
      test(`because it is ${status} is in no answer to others, with and without replies`, async (api) => {
        const author = api.user('ada', { name: 'author-marker' })
        const moderator = api.moderator()
        // It was public once, so that every page, cache and event has seen it.
        const root = await author.post('text-marker')
        const parent = await api.user('bob').post('parent')
        const reply = await author.post('text-marker', { parent: parent.id })
        await everythingFor(api, api.guest(), root)
        for (const { id } of [root, reply]) {
          const done = await moderator.thread('PUT', `/comments/${id}/status`, { body: { status } })
          expect(done.status).toBe(200)
        }
        const others = [api.guest(), api.user('bob'), api.user('eve', { name: 'Eve' })]
        await others[0]?.at({ pageKey: '/elsewhere' }).post('known guest')
        for (const reader of others) {
          for (const comment of [root, reply]) {
            const text = await everythingFor(api, reader, comment)
            expect(text.includes('marker')).toBe(false)
          }
        }
        const { events } = (
          await api.guest().thread('GET', '/events', { query: { after: 0, wait: 0 } })
        ).json<EventsView>()
        expect(events.filter((event) => event.type === 'comment.removed').length).toBe(2)
        expect((await api.guest().page()).thread.comments).toBe(1)
      }, 30_000)
    }

    test('because it waits from the start is in no answer to others', async (api) => {
      const author = api.user('ada', { name: 'author-marker' }).at({ site: 'queue' })
      const comment = await author.post('text-marker')
      for (const reader of [api.guest(), api.user('bob')]) {
        const text = await everythingFor(api, reader.at({ site: 'queue' }), comment)
        expect(text.includes('marker')).toBe(false)
      }
      // The control: its author finds it.
      expect((await author.thread('GET', '/me')).text.includes('text-marker')).toBe(true)
    })

    test('because it was changed is shown to its author and to moderators only', async (api) => {
      const author = api.user('ada')
      const comment = await author.post('text-marker')
      await author.thread('PATCH', `/comments/${comment.id}`, { body: { body: 'harmless', rev: 1 } })
      for (const reader of [api.guest(), api.user('bob')]) {
        expect((await everythingFor(api, reader, comment)).includes('marker')).toBe(false)
      }
      for (const reader of [author, api.moderator()]) {
        const { text } = await reader.thread('GET', `/comments/${comment.id}/revisions`)
        expect(text.includes('text-marker')).toBe(true)
      }
    })

    test('cannot be told from one that does not exist', async (api) => {
      const { id } = await api.user('ada').at({ site: 'queue' }).post('x')
      for (const reader of [api.guest(), api.user('bob')]) {
        const visitor = reader.at({ site: 'queue' })
        for (const [method, path, body] of [
          ['GET', '', undefined],
          ['GET', '/revisions', undefined],
          ['PATCH', '', { body: 'y', rev: 1 }],
          ['DELETE', '', undefined],
        ] as const) {
          const [real, made] = await Promise.all(
            [id, 'v'.repeat(16)].map((one) => visitor.thread(method, `/comments/${one}${path}`, body && { body })),
          )
          const plain = (text = ''): string => text.replace(/"requestId":"[^"]*"/, '')
          expect([method, path, real?.status, plain(real?.text)]).toEqual([
            method,
            path,
            made?.status,
            plain(made?.text),
          ])
        }
      }
    })
  })
}
