import type { ApiTests } from '../api-suite.ts'
import type { Query } from './client.ts'
import { otherOrigin } from './config.ts'

export const siteTests: ApiTests = ({ test, expect, describe }) => {
  describe('two sites', () => {
    test('are strangers on every road', async (api) => {
      // The same page key on both, so that only the site tells them apart. The reader is a moderator of both.
      const ours = api.moderator()
      const theirs = api.moderator().at({ site: 'other', origin: otherOrigin })
      const mine = await ours.post('mine')
      const secret = await theirs.post('marker')
      await theirs.thread('PATCH', `/comments/${secret.id}`, { body: { body: 'marker two', rev: 1 } })
      expect(mine.thread === secret.thread).toBe(false)

      const before = [await ours.page(), await theirs.page()]
      const bodies = {
        POST: { body: 'x' },
        PATCH: { body: 'x', rev: 2 },
        PUT: { status: 'spam' },
        DELETE: undefined,
        GET: undefined,
      }
      const roads = [
        ['GET', `/comments/${secret.id}`],
        ['GET', `/comments/${secret.id}/revisions`],
        ['PATCH', `/comments/${secret.id}`],
        ['DELETE', `/comments/${secret.id}`],
        ['PUT', `/comments/${secret.id}/status`],
      ] as const
      // Their comment under our thread, however the thread is named.
      for (const [method, path] of roads) {
        const body = bodies[method]
        for (const start of [`/v1/threads/-${path}?site=open&pageKey=/hello`, `/v1/threads/${mine.thread}${path}`]) {
          const answer = await ours.send(method, start, body && { body })
          expect([method, start, answer.status, answer.code]).toEqual([method, start, 404, 'not_found'])
          expect(answer.text.includes('marker')).toBe(false)
        }
      }
      // Their thread under our site, and the other way round.
      const all = [
        ...roads,
        ['GET', '/comments'],
        ['POST', '/comments'],
        ['GET', ''],
        ['PATCH', ''],
        ['GET', '/me'],
        ['GET', '/events'],
      ] as const
      for (const [method, path] of all) {
        const body = method === 'PATCH' && path === '' ? { state: 'locked' } : bodies[method]
        for (const query of [
          { site: 'open' },
          { site: 'open', pageKey: '/hello' },
          { site: 'members', pageKey: '/hello' },
          { pageKey: '/elsewhere' },
          { site: 'other', pageKey: '/elsewhere' },
        ] as const) {
          const answer = await ours.send(method, `/v1/threads/${secret.thread}${path}`, {
            query,
            ...(body && { body }),
          })
          expect([method, path, query, answer.status]).toEqual([method, path, query, 404])
          expect(answer.text.includes('marker')).toBe(false)
        }
      }
      // Our page writes to their thread by its id alone: the origin is not one of theirs.
      for (const [method, path] of all) {
        if (method === 'GET') continue
        const body = method === 'PATCH' && path === '' ? { state: 'locked' } : bodies[method]
        const answer = await ours.send(method, `/v1/threads/${secret.thread}${path}`, body && { body })
        expect([method, path, answer.status, answer.code]).toEqual([method, path, 403, 'forbidden'])
      }
      // Our parent for their reply, their place for our page.
      const reply = await ours.thread('POST', '/comments', { body: { body: 'x', parent: secret.id } })
      expect(reply.status).toBe(404)
      for (const query of [{ around: secret.id }, { parent: secret.id }] as readonly Query[]) {
        const answer = await ours.thread('GET', '/comments', { query })
        expect(answer.text.includes('marker')).toBe(false)
      }
      const latest = await ours.send('GET', '/v1/sites/open/comments')
      expect(latest.text.includes('marker')).toBe(false)
      const after = await ours.send('GET', '/v1/sites/open/comments', { query: { after: secret.id } })
      expect(after.text.includes('marker')).toBe(false)
      expect((await ours.me()).mine.map((own) => own.id)).toEqual([mine.id])
      expect([await ours.page(), await theirs.page()]).toEqual(before)
    })

    test('know nothing of each other’s people', async (api) => {
      const here = api.user('ada', { name: 'Ada here' })
      const there = api.user('ada', { name: 'Ada there' }).at({ site: 'other', origin: otherOrigin })
      await here.post('x')
      await there.post('y')
      // Pages may keep a name for a minute.
      await api.lever('clock', { ms: 2 * 60_000 })
      expect((await here.page()).items[0]?.author?.name).toBe('Ada here')
      expect((await there.page()).items[0]?.author?.name).toBe('Ada there')
    })

    test('that does not exist answers nothing', async (api) => {
      const ada = api.user('ada')
      for (const site of ['nowhere', '__proto__', 'constructor', 'tostring']) {
        for (const path of ['/v1/threads/-/comments', '/v1/threads/-', '/v1/threads/-/me', '/v1/threads/-/events']) {
          const answer = await ada.send('GET', path, { query: { site, pageKey: '/hello' } })
          expect([path, site, answer.status, answer.code]).toEqual([path, site, 404, 'not_found'])
        }
        const posted = await ada.at({ site }).thread('POST', '/comments', { body: { body: 'x' } })
        expect(posted.status).toBe(404)
        expect((await ada.send('GET', `/v1/sites/${site}/comments`)).status).toBe(404)
        expect((await ada.send('GET', '/v1/counts', { query: { site, pageKey: ['/a'] } })).status).toBe(404)
      }
    })

    test('a thread that nobody wrote in has no id to be found by', async (api) => {
      const { thread } = await api.user('ada').page()
      const byId = await api.guest().send('GET', `/v1/threads/${thread.id}/comments`)
      expect([byId.status, byId.code]).toEqual([404, 'not_found'])
      for (const id of ['', 'x', '0'.repeat(19), '0'.repeat(20), '0'.repeat(21), '__proto__', 'z'.repeat(20)]) {
        const answer = await api.guest().send('GET', `/v1/threads/${id}/comments`)
        expect([id, answer.status]).toEqual([id, 404])
      }
    })
  })
}
