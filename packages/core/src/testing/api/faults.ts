import type { ApiTests } from '../api-suite.ts'
import type { Answer, Api, Query } from './client.ts'
import { newKey } from './client.ts'
import { suiteSecret } from './config.ts'
import { storeMethods } from './faulty-store.ts'

/** What no client may ever see: driver words, paths, secrets, stacks. */
const forbidden = [
  ...['ECONNREFUSED', '/srv/', 'confab.db', 'hunter2', 'password', suiteSecret, 'session store'],
  ...['    at ', '.ts:', '.js:', 'node_modules', 'file://', 'Error:', 'TypeError', 'stack'],
]

export const faultTests: ApiTests = ({ test, expect, describe }) => {
  describe('when the store fails', () => {
    const isNeutral = (answer: Answer): boolean =>
      answer.text === '' || !forbidden.some((word) => answer.text.includes(word))

    for (const code of ['store_busy', 'store_unavailable', null]) {
      test(`with ${code ?? 'an error of no kind'}, every answer is neutral and nothing is half done`, async (api) => {
        const roads = await prepare(api)
        const failedBy = new Set<string>()
        for (const method of storeMethods) {
          for (const road of roads) {
            const before = await api.user('ada').page({ limit: 50 })
            await api.lever('fault', { method, ...(code !== null && { code }) })
            // Somebody new each time, so that there is always something to learn and to store about them.
            const answer = await api.user(newKey(), { roles: ['moderator'] }).send(road.method, road.path, {
              ...(road.query && { query: road.query }),
              ...(road.body && { body: road.body }),
              headers: { 'idempotency-key': newKey() },
            })
            await api.lever('fault')
            const place = [method, road.method, road.path, answer.status]
            expect([...place, isNeutral(answer)]).toEqual([...place, true])
            if (answer.status < 500) continue
            failedBy.add(method)
            const wanted = code === null ? [500, 'internal'] : [503, 'unavailable']
            expect([...place.slice(0, 3), answer.status, answer.code]).toEqual([...place.slice(0, 3), ...wanted])
            expect(answer.headers.get('cache-control')).toBe('private, no-store')
            expect(answer.headers.get('access-control-allow-origin') ?? 'https://pages.example').toBe(
              'https://pages.example',
            )
            if (code !== null) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
            expect(await api.user('ada').page({ limit: 50 })).toEqual(before)
          }
        }
        // The control: a fault in what requests use is felt.
        const used = [
          'siteOf',
          'page',
          'rows',
          'threads',
          'mine',
          'list',
          'revisions',
          'commit',
          'users.get',
          'users.put',
        ]
        expect(used.filter((method) => !failedBy.has(method))).toEqual([])
        // Alive and well afterwards.
        await api.user('ada').post('after all')
        expect((await api.guest().page()).items[0]?.html).toBe('<p>after all</p>\n')
      }, 60_000)
    }

    test('a page known from before may stand in, and says so, but never one from before a write', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('marker')
      await ada.page()
      await api.lever('fault', { method: '*', code: 'store_unavailable' })
      const stale = await api.guest().thread('GET', '/comments')
      expect([200, 503].includes(stale.status)).toBe(true)
      // What the store need not be asked for is as fresh as ever; what it was asked for in vain says so, and is not kept.
      if (stale.headers.get('confab-stale') === '1') {
        expect([stale.status, stale.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
      }
      await api.lever('fault')
      await ada.thread('DELETE', `/comments/${id}`)
      await api.lever('fault', { method: '*', code: 'store_unavailable' })
      const after = await api.guest().thread('GET', '/comments')
      expect(after.text.includes('marker')).toBe(false)
      await api.lever('fault')
    })

    test('the server says that it is alive, and that it is not ready', async (api) => {
      await api.lever('fault', { method: '*', code: 'store_busy' })
      const health = await api.fetch('/v1/health')
      const ready = await api.fetch('/v1/ready')
      expect([health.status, ready.status, ready.headers.get('retry-after')]).toEqual([200, 503, '2'])
      expect(await ready.json()).toEqual({ status: 'unavailable' })
      await api.lever('fault')
      expect((await api.fetch('/v1/ready')).status).toBe(200)
    })

    test('a reader of the stream is sent away to come again, and told nothing', async (api) => {
      await api.user('ada').post('x')
      for (const method of ['ver', 'events.since', 'rows', '*']) {
        await api.lever('fault', { method, code: 'store_busy' })
        // Reading to the end must end.
        const answer = await api.guest().thread('GET', '/events', { query: { after: 0 } })
        await api.lever('fault')
        expect([method, isNeutral(answer), answer.text.includes('event: comment')]).toEqual([method, true, false])
        const poll = await api.guest().thread('GET', '/events', { query: { after: 0, wait: 0 } })
        expect(poll.status).toBe(200)
      }
    })
  })

  describe('when the session of the host cannot be read', () => {
    test('nobody is let through, and readers notice nothing', async (api) => {
      const { id } = await api.moderator().post('x')
      const before = await api.guest().page()
      await api.lever('host', { fails: 1 })
      for (const [method, path, body] of [
        ['POST', '/comments', { body: 'y', guest: { name: 'Ann' } }],
        ['PATCH', `/comments/${id}`, { body: 'y', rev: 1 }],
        ['DELETE', `/comments/${id}`, undefined],
        ['PUT', `/comments/${id}/status`, { status: 'spam' }],
        ['PATCH', '', { state: 'locked' }],
        ['GET', `/comments/${id}/revisions`, undefined],
        ['GET', `/comments/${id}`, undefined],
        ['GET', '/me', undefined],
      ] as const) {
        const answer = await api.moderator().thread(method, path, body && { body })
        expect([method, path, answer.status, answer.code]).toEqual([method, path, 500, 'internal'])
        expect(forbidden.filter((word) => answer.text.includes(word))).toEqual([])
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(await api.guest().page()).toEqual(before)
      await api.lever('host')
      await api.moderator().post('again')
    })
  })

  describe('an error', () => {
    test('has one form and no more in it than its reader may know', async (api) => {
      const ids = new Set<string>()
      for (const answer of [
        await api.guest().thread('GET', '/comments', { query: { limit: 0 } }),
        await api.guest().thread('GET', '/nowhere'),
        await api.guest().thread('DELETE', `/comments/${'0'.repeat(16)}`),
        await api.guest().thread('POST', '/comments', { raw: 'x' }),
        await api.guest().thread('PATCH', '', { body: {} }),
        await api.guest().thread('POST', '/comments', { body: {}, headers: { origin: 'https://evil.example' } }),
      ]) {
        const { error, ...rest } = answer.json<{ error: { requestId: string } }>()
        expect([rest, Object.keys(error).sort()]).toEqual([{}, ['code', 'details', 'message', 'requestId']])
        expect(answer.headers.get('x-request-id')).toBe(error.requestId)
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
        expect(answer.headers.get('cache-control')).toBe('private, no-store')
        expect(forbidden.filter((word) => answer.text.includes(word))).toEqual([])
        ids.add(error.requestId)
      }
      expect(ids.size).toBe(6)
    })
  })
}

interface Road {
  readonly method: string
  readonly path: string
  readonly query?: Query
  readonly body?: object
}

/** Every road of the interface, to comments that are there. */
async function prepare(api: Api): Promise<Road[]> {
  const ada = api.user('ada')
  const { id, thread } = await ada.post('x')
  await ada.post('reply', { parent: id })
  const victim = await ada.post('to be deleted')
  const here = { site: 'open', pageKey: '/hello' }
  const start = '/v1/threads/-'
  return [
    { method: 'GET', path: `${start}/comments`, query: { ...here, limit: 7 } },
    { method: 'GET', path: `${start}/comments`, query: { ...here, around: id } },
    { method: 'GET', path: `/v1/threads/${thread}/comments` },
    { method: 'POST', path: `${start}/comments`, query: here, body: { body: 'y', parent: id } },
    { method: 'GET', path: `${start}/comments/${id}`, query: here },
    { method: 'PATCH', path: `${start}/comments/${id}`, query: here, body: { body: 'y', rev: 1 } },
    { method: 'GET', path: `${start}/comments/${id}/revisions`, query: here },
    { method: 'PUT', path: `${start}/comments/${id}/status`, query: here, body: { status: 'published' } },
    { method: 'GET', path: start, query: here },
    { method: 'PATCH', path: start, query: here, body: { title: newKey() } },
    { method: 'GET', path: `${start}/me`, query: here },
    { method: 'GET', path: `${start}/events`, query: { ...here, after: 0, wait: 0 } },
    { method: 'GET', path: '/v1/counts', query: here },
    { method: 'GET', path: '/v1/sites/open/comments' },
    { method: 'DELETE', path: `${start}/comments/${victim.id}`, query: here },
  ]
}
