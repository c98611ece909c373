import type { Query } from './client.ts'
import type { CommentsPageView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'

export const freshnessTests: ApiTests = ({ test, expect, describe }) => {
  describe('a page on the way', () => {
    test('is public, the same for everybody, and known by its ETag', async (api) => {
      const guest = api.guest()
      await guest.post('x')
      const answers = await Promise.all(
        [guest, api.user('ada'), api.moderator(), api.guest()].map((who) => who.thread('GET', '/comments')),
      )
      const etag = answers[0]?.headers.get('etag') ?? ''
      expect(etag.startsWith('W/"')).toBe(true)
      for (const answer of answers) {
        expect(answer.text).toBe(answers[0]?.text)
        expect(answer.headers.get('etag')).toBe(etag)
        expect(answer.headers.get('cache-control')?.startsWith('public, max-age=0')).toBe(true)
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
        const vary = (answer.headers.get('vary') ?? '').split(', ').sort()
        expect(vary).toEqual(['accept-encoding', 'origin'])
      }

      const known = await api.guest().thread('GET', '/comments', { headers: { 'if-none-match': `"x", ${etag}` } })
      expect([known.status, known.text, known.headers.get('etag')]).toEqual([304, '', etag])
      expect(known.headers.get('access-control-allow-origin')).toBe('https://pages.example')
      await guest.post('y')
      const changed = await api.guest().thread('GET', '/comments', { headers: { 'if-none-match': etag } })
      expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false])
    })

    test('has another ETag for other bytes, and the same one for the same', async (api) => {
      await api.user('ada').post('x')
      const { id } = await api.user('ada').post('y')
      const tags = new Map<string, string | null>()
      const queries: Query[] = [{}, { sort: 'oldest' }, { limit: 1 }, { limit: 20 }, { around: id }, { parent: id }]
      for (const query of queries) {
        const answer = await api.guest().thread('GET', '/comments', { query })
        tags.set(answer.text, answer.headers.get('etag'))
      }
      expect(new Set(tags.values()).size).toBe(tags.size)
      expect(tags.size).toBeGreaterThan(3)
    })

    test('is sent again when an author took another name, which no version tells', async (api) => {
      await api.user('ada').post('x')
      const before = (await api.guest().thread('GET', '/comments')).headers.get('etag') ?? ''
      await api.user('ada', { name: 'Countess Ada' }).at({ pageKey: '/another' }).post('y')
      // A page is kept for a minute at most; another question shows the rows as they are.
      const answer = await api.guest().thread('GET', '/comments', { query: { limit: 21 } })
      expect(answer.headers.get('etag')).not.toBe(before)
    })

    test('is the same whether it comes packed or plain', async (api) => {
      const ada = api.user('ada')
      for (let i = 0; i < 5; i++) await ada.post(`Some words, number ${i}`)
      const plain = await ada.thread('GET', '/comments', { headers: { 'accept-encoding': 'identity' } })
      for (const accepted of ['gzip', 'gzip, deflate, br', 'br;q=1.0, gzip;q=0.8', 'GZIP', '*', 'gzip;q=0', 'br']) {
        const answer = await ada.thread('GET', '/comments', { headers: { 'accept-encoding': accepted } })
        expect(answer.text).toBe(plain.text)
        expect(answer.headers.get('etag')).toBe(plain.headers.get('etag'))
      }
      expect(plain.json<CommentsPageView>().items.length).toBe(5)
    })

    test('is changed by no header that is not part of its name', async (api) => {
      await api.user('ada').post('x')
      const wanted = await api.guest().thread('GET', '/comments')
      const strange = {
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        'x-forwarded-port': '1337',
        'x-forwarded-prefix': '/evil',
        'x-forwarded-for': '198.51.100.1',
        forwarded: 'host=evil.example;proto=http',
        'x-original-url': '/v1/threads/-/me',
        'x-rewrite-url': '/v1/threads/-/me',
        'x-http-method-override': 'DELETE',
        'x-http-method': 'DELETE',
        'accept-language': 'xx',
        accept: 'text/html',
        'user-agent': '"><script>',
        referer: 'https://evil.example/"><script>',
        cookie: '__Host-confab-open=g1.x.y; confab-open=z',
        authorization: 'Bearer x',
        range: 'bytes=0-3',
        'if-modified-since': 'Thu, 01 Jan 2099 00:00:00 GMT',
        'if-match': '"x"',
        pragma: 'no-cache',
      }
      for (const [name, value] of Object.entries(strange)) {
        const answer = await api.guest().thread('GET', '/comments', { headers: { [name]: value } })
        const { etag, vary } = Object.fromEntries(answer.headers)
        expect([name, answer.status, answer.text]).toEqual([name, 200, wanted.text])
        expect([etag, vary]).toEqual([wanted.headers.get('etag'), wanted.headers.get('vary')])
        expect([...answer.headers.values()].some((held) => held.includes('evil'))).toBe(false)
      }
      // Nor is it left behind for others.
      expect((await api.guest().thread('GET', '/comments')).text).toBe(wanted.text)
    })

    test('is never older than what was acknowledged', async (api) => {
      const ada = api.user('ada')
      for (let i = 1; i <= 10; i++) {
        const posted = await ada.thread('POST', '/comments', { body: { body: `${i}` } })
        const ver = Number(posted.headers.get('confab-ver'))
        const [plain, min] = await Promise.all([ada.page(), ada.page({ min: ver })])
        expect([plain.thread.comments, min.thread.comments]).toEqual([i, i])
      }
      // A reader who asks for more than there is gets what there is.
      const greedy = await ada.page({ min: Number.MAX_SAFE_INTEGER })
      expect(greedy.thread.ver).toBe(10)
    })

    test('shows a deleted text to nobody, whatever they had before', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('marker')
      const first = await api.guest().thread('GET', '/comments')
      await api.guest().thread('GET', '/comments', { query: { around: id } })
      await ada.thread('DELETE', `/comments/${id}`)
      for (const query of [{}, { sort: 'oldest' }, { limit: 50 }]) {
        const answer = await api.guest().thread('GET', '/comments', {
          query,
          headers: { 'if-none-match': first.headers.get('etag') },
        })
        expect([answer.status, answer.text.includes('marker')]).toEqual([200, false])
      }
      const around = await api.guest().thread('GET', '/comments', { query: { around: id } })
      expect(around.status).toBe(404)
    })

    test('answers HEAD as GET, without a body', async (api) => {
      await api.user('ada').post('x')
      const head = await api.guest().thread('HEAD', '/comments')
      const get = await api.guest().thread('GET', '/comments')
      expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', get.headers.get('etag')])
    })

    test('no other answer may be kept that is about somebody', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      for (const path of ['', '/me', `/comments/${id}`, `/comments/${id}/revisions`, '/events?wait=0']) {
        const [start = '', wait] = path.split('?wait=')
        const answer = await ada.thread('GET', start, { query: wait === undefined ? {} : { wait } })
        expect([path, answer.headers.get('cache-control')]).toEqual([path, 'private, no-store'])
      }
      const missing = await ada.thread('GET', '/comments', { query: { around: '0'.repeat(16) } })
      expect(missing.headers.get('cache-control')).toBe('private, no-store')
    })
  })
}
