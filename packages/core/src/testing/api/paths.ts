import type { ApiTests } from '../api-suite.ts'

export const pathTests: ApiTests = ({ test, expect, describe }) => {
  describe('a strange path', () => {
    test('never leads to a comment that its plain form does not lead to', async (api) => {
      const ada = api.user('ada')
      const { id, thread } = await ada.post('x')
      const before = await ada.page()
      const query = '?site=open&pageKey=/hello'
      const variants = [
        `/v1//threads/-/comments/${id}${query}`,
        `/v1/threads//-/comments/${id}${query}`,
        `/v1/threads/-//comments/${id}${query}`,
        `/v1/threads/-/comments//${id}${query}`,
        `/v1/threads/-/comments/${id}/${query}`,
        `/v1/threads/-/comments/${id}//${query}`,
        `/v1/threads/-/comments%2F${id}${query}`,
        `/v1/threads/-%2Fcomments/${id}${query}`,
        `/v1%2Fthreads/-/comments/${id}${query}`,
        `/v1/threads/-/comments/%2F${id}${query}`,
        `/v1/threads/-/comments/${id}%2F${query}`,
        `/v1/threads/-/comments/${id}%00${query}`,
        `/v1/threads/-/comments/${id}%20${query}`,
        `/v1/threads/-/comments/${id};x=y${query}`,
        `/v1/threads/-/comments/${id}.json${query}`,
        `/v1/threads/-/comments/${id.toUpperCase()}${query}`,
        `/v1/threads/-/comments/..%2f..%2f${id}${query}`,
        `/v1/threads/-/comments/%E0%A4%A${query}`,
        `/v1/threads/%E0%A4%A/comments/${id}${query}`,
        `/v1/threads/-/comments\\${id}x${query}`,
        `/V1/threads/-/comments/${id}${query}`,
        `/v1/Threads/-/comments/${id}${query}`,
        `/v2/threads/-/comments/${id}${query}`,
        `/v1/threads/${thread.toUpperCase()}X/comments/${id}`,
        `/v1/threads/${thread}%00/comments/${id}`,
        `/v1/threads/*/comments/${id}${query}`,
        `/v1/threads/:thread/comments/${id}${query}`,
        // What a cache in front might take for a picture.
        `/v1/threads/-/me/x.css${query}`,
        `/v1/threads/-/me.css${query}`,
        `/v1/threads/-/me%2Fx.png${query}`,
        `/v1/threads/-/me;x.js${query}`,
        `/v1/threads/-/me%23.css${query}`,
      ]
      for (const path of variants) {
        for (const [method, body] of [
          ['GET', undefined],
          ['DELETE', undefined],
          ['PATCH', { body: 'y', rev: 1 }],
        ] as const) {
          const answer = await ada.send(method, path, body && { body })
          expect([method, path, answer.status]).toEqual([method, path, 404])
        }
      }
      expect(await ada.page()).toEqual(before)
    })

    test('that means the same gets the same answer, guards and all', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      const plain = `/v1/threads/-/comments/${id}`
      const query = { site: 'open', pageKey: '/hello' }
      const wanted = await ada.send('GET', plain, { query })
      expect(wanted.status).toBe(200)
      for (const path of [
        `/v1/threads/%2D/comments/${id}`,
        `/v1/./threads/-/comments/${id}`,
        `/v1/x/../threads/-/comments/${id}`,
        `/v1/threads/-/%63omments/${id}`,
        `/v1/threads/-/comments/%${(id.codePointAt(0) ?? 0).toString(16)}${id.slice(1)}`,
      ]) {
        const answer = await ada.send('GET', path, { query })
        const isSame = answer.status === 200 && answer.text === wanted.text
        expect([path, isSame || answer.status === 404]).toEqual([path, true])
        for (const headers of [{ origin: 'https://evil.example' }, { origin: null }]) {
          const write = await ada.send('DELETE', path, { query, headers })
          expect([path, [403, 404].includes(write.status)]).toEqual([path, true])
        }
      }
      expect((await ada.page()).items.length).toBe(1)
    })

    test('or a method nobody knows is not found, with the body of every error', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      const before = await ada.page()
      const known: { readonly [path: string]: readonly string[] } = {
        '/v1/threads/-/comments': ['GET', 'POST'],
        [`/v1/threads/-/comments/${id}`]: ['GET', 'PATCH', 'DELETE'],
        [`/v1/threads/-/comments/${id}/revisions`]: ['GET'],
        [`/v1/threads/-/comments/${id}/status`]: ['PUT'],
        '/v1/threads/-': ['GET', 'PATCH'],
        '/v1/threads/-/me': ['GET'],
        '/v1/threads/-/events': ['GET'],
        '/v1/counts': ['GET'],
        '/v1/sites/open/comments': ['GET'],
        '/v1/health': ['GET'],
        '/v1/ready': ['GET'],
        '/v1/nothing': [],
        '/v1/': [],
        '/v1': [],
      }
      for (const [path, methods] of Object.entries(known)) {
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          if (methods.includes(method)) continue
          const answer = await ada.send(method, path, {
            query: { site: 'open', pageKey: '/hello' },
            ...(method !== 'GET' && { body: { body: 'y', status: 'spam', state: 'locked' } }),
          })
          expect([method, path, answer.status, answer.code]).toEqual([method, path, 404, 'not_found'])
          expect(answer.headers.get('cache-control')).toBe('private, no-store')
        }
      }
      expect(await ada.page()).toEqual(before)
    })

    test('asked for with HEAD answers like GET', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      const paths = ['/comments', `/comments/${id}`, `/comments/${id}/revisions`, '', '/me', '/events', '/nothing']
      for (const path of paths) {
        const query = path === '/events' ? { wait: 0 } : {}
        const head = await ada.thread('HEAD', path, { query })
        const get = await ada.thread('GET', path, { query })
        expect([path, head.status, head.text]).toEqual([path, get.status, ''])
        expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
      }
      const stream = await ada.thread('HEAD', '/events')
      expect([stream.status, stream.text]).toEqual([200, ''])
      expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    })
  })
}
