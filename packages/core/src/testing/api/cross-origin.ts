import type { ApiTests } from '../api-suite.ts'
import { origin, otherOrigin } from './config.ts'

/** Looks like one of the site's origins, and is none. */
const foreign = [
  'https://evil.example',
  'http://pages.example',
  'https://pages.example:8443',
  'https://sub.pages.example',
  'https://pages.example.evil.example',
  'https://evilpages.example',
  'https://pages.example/',
  'https://pages.example/hello',
  'https://PAGES.example',
  'https://pages.example, https://evil.example',
  'https://evil.example#https://pages.example',
  'https://pages.example@evil.example',
  'null',
  'file://',
  '*',
  otherOrigin,
]

export const crossOriginTests: ApiTests = ({ test, expect, describe }) => {
  describe('pages of other origins', () => {
    test('read only where the site names them exactly', async (api) => {
      const guest = api.guest()
      const { id } = await guest.post('x')
      const paths = ['/comments', '', '/me', `/comments/${id}`, '/comments?limit=nonsense', '/nothing-here']
      for (const path of paths) {
        const [start = '', limit] = path.split('?limit=')
        const query = limit === undefined ? {} : { limit }
        const ask = async (from: string | null): Promise<Headers> =>
          (await guest.thread('GET', start, { query, headers: { origin: from } })).headers
        const allowed = await ask(origin)
        if (path !== '/nothing-here') {
          expect([path, allowed.get('access-control-allow-origin')]).toEqual([path, origin])
          expect(allowed.get('access-control-allow-credentials')).toBe('true')
          expect(allowed.get('access-control-expose-headers')?.includes('confab-ver')).toBe(true)
          expect(allowed.get('vary')?.includes('origin')).toBe(true)
        }
        for (const from of [...foreign, null]) {
          const headers = await ask(from)
          expect([from, headers.get('access-control-allow-origin')]).toEqual([from, null])
          expect(headers.get('access-control-allow-credentials')).toBe(null)
        }
        // Only browsers are honest about this, and an answer that is kept must not depend on it.
        const posing = { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }
        const answer = await guest.thread('GET', start, { query, headers: posing })
        expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, null])
      }
    })

    test('can read what is wrong with their own requests', async (api) => {
      const { thread } = await api.user('ada').post('x')
      const guest = api.guest()
      for (const [path, query] of [
        ['/v1/threads/-/comments', { site: 'open', pageKey: '' }],
        ['/v1/threads/-/comments', { site: 'open', pageKey: 'x'.repeat(501) }],
        ['/v1/threads/-/comments', { site: 'open' }],
        [`/v1/threads/${'0'.repeat(20)}/comments`, { site: 'open' }],
        [`/v1/threads/${thread}/comments`, { site: 'open', pageKey: '/other' }],
        ['/v1/counts', { site: 'open' }],
        ['/v1/sites/open/comments', { limit: '0' }],
      ] as const) {
        const answer = await guest.send('GET', path, { query })
        expect([path, answer.status >= 400]).toEqual([path, true])
        expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, origin])
      }
    })

    test('ask before they write, and hear no unless the site names them', async (api) => {
      const { id, thread } = await api.user('ada').post('x')
      const ask = (path: string, from: string): Promise<{ status: number; headers: Headers }> =>
        api.guest().send('OPTIONS', path, {
          headers: {
            origin: from,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'content-type,idempotency-key',
          },
        })
      for (const path of [
        '/v1/threads/-/comments?site=open&pageKey=/hello',
        `/v1/threads/${thread}/comments/${id}`,
        '/v1/sites/open/comments',
        '/v1/counts?site=open&pageKey=/hello',
      ]) {
        const yes = await ask(path, origin)
        expect([yes.status, yes.headers.get('access-control-allow-origin')]).toEqual([204, origin])
        expect(yes.headers.get('access-control-allow-credentials')).toBe('true')
        expect(yes.headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, PATCH, DELETE')
        expect(yes.headers.get('access-control-allow-headers')).toBe('content-type, idempotency-key')
        for (const from of foreign) {
          const no = await ask(path, from)
          for (const name of ['origin', 'credentials', 'methods', 'headers']) {
            expect([from, no.headers.get(`access-control-allow-${name}`)]).toEqual([from, null])
          }
        }
      }
      const nowhere = await ask('/v1/threads/-/comments?site=nowhere&pageKey=/hello', origin)
      expect(nowhere.headers.get('access-control-allow-origin')).toBe(null)
    })

    test('cannot make a browser write, in any way', async (api) => {
      const moderator = api.moderator()
      const { id } = await moderator.post('x')
      const before = await moderator.page()
      const writes = [
        ['POST', '/comments', { body: 'y' }],
        ['PATCH', `/comments/${id}`, { body: 'y', rev: 1 }],
        ['DELETE', `/comments/${id}`, undefined],
        ['PUT', `/comments/${id}/status`, { status: 'spam' }],
        ['PATCH', '', { state: 'locked' }],
      ] as const
      const sources = [
        ...foreign.map((from) => ({ origin: from })),
        ...foreign.map((from) => ({ origin: from, 'sec-fetch-site': 'cross-site' })),
        { origin: null },
        { origin: null, 'sec-fetch-site': 'cross-site' },
        { origin: null, 'sec-fetch-site': 'same-site' },
        { origin: null, 'sec-fetch-site': 'none' },
        { origin: null, referer: `${origin}/hello` },
        { origin: null, 'x-requested-with': 'XMLHttpRequest' },
        { origin: 'null', 'sec-fetch-site': 'same-origin' },
      ]
      for (const [method, path, body] of writes) {
        for (const headers of sources) {
          const answer = await moderator.thread(method, path, { headers, ...(body && { body }) })
          expect([method, headers, answer.status, answer.code]).toEqual([method, headers, 403, 'forbidden'])
        }
      }
      expect(await moderator.page()).toEqual(before)
      // The control: the same requests from a page of the site, or of this very server, do something.
      const own = { origin: null, 'sec-fetch-site': 'same-origin' }
      const posted = await moderator.thread('POST', '/comments', { body: { body: 'y' }, headers: own })
      expect(posted.status).toBe(201)
      const [, edit, remove, setStatus, lock] = writes
      for (const [method, path, body] of [edit, setStatus, lock, remove]) {
        const answer = await moderator.thread(method, path, body && { body })
        expect([method, path, answer.status < 300]).toEqual([method, path, true])
      }
    })

    test('cannot write by a form or by anything else that needs no permission', async (api) => {
      const moderator = api.moderator()
      const { id } = await moderator.post('x')
      const before = await moderator.page()
      const form = new FormData()
      form.set('body', 'y')
      const json = '{"body":"y"}'
      const bytes = new TextEncoder().encode(json)
      const attempts = [
        { raw: new URLSearchParams({ body: 'y' }) },
        { raw: form },
        { raw: json, headers: { 'content-type': 'text/plain' } },
        { raw: json },
        { raw: bytes },
        { raw: json, headers: { 'content-type': 'text/plain; application/json' } },
        { raw: json, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=application/json' } },
        { raw: json, headers: { 'content-type': 'text/json' } },
        { raw: json, headers: { 'content-type': 'application/jsonp' } },
        { raw: json, headers: { 'content-type': 'application/vnd.api+json' } },
        { raw: json, headers: { 'content-type': 'application/json, text/plain' } },
        { raw: json, headers: { 'content-type': '' } },
        { raw: bytes, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
        { raw: bytes, headers: { 'content-type': 'application/json', 'content-encoding': 'br' } },
      ]
      for (const [method, path] of [
        ['POST', '/comments'],
        ['PATCH', `/comments/${id}`],
        ['PUT', `/comments/${id}/status`],
        ['PATCH', ''],
      ] as const) {
        for (const attempt of attempts) {
          const answer = await moderator.thread(method, path, attempt)
          expect([answer.status, answer.code]).toEqual([415, 'unsupported_media_type'])
        }
      }
      expect(await moderator.page()).toEqual(before)
      for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON ; x=y']) {
        const answer = await moderator.thread('POST', '/comments', { raw: json, headers: { 'content-type': type } })
        expect(answer.status).toBe(201)
      }
    })

    test('get nothing written by a mere GET', async (api) => {
      const moderator = api.moderator()
      const { id } = await moderator.post('x')
      const before = await moderator.page()
      for (const path of [
        '/comments?body=y',
        `/comments/${id}/status`,
        `/comments/${id}/status?status=spam`,
        `/comments/${id}?_method=DELETE`,
        '?state=locked',
      ]) {
        const [start = '', rest = ''] = path.split('?')
        const query = Object.fromEntries(new URLSearchParams(rest))
        const answer = await moderator.thread('GET', start, { query, headers: { 'x-http-method-override': 'DELETE' } })
        expect([path, answer.status >= 400]).toEqual([path, true])
      }
      expect(await moderator.page()).toEqual(before)
    })
  })
}
