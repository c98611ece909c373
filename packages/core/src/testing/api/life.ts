import type { ApiTests } from '../api-suite.ts'
import { openStream } from './stream.ts'

export const lifeTests: ApiTests = ({ test, expect, describe }) => {
  describe('a server', () => {
    test('says that it is alive and ready', async (api) => {
      for (const path of ['/v1/health', '/v1/ready']) {
        const answer = await api.fetch(path)
        expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      }
    })

    test('that closes refuses what comes, and finishes what it has', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      const stream = await openStream(api.fetch, {})
      await stream.next()
      const waiting = ada.thread('GET', '/events', { query: { after: 1, wait: 60 } })
      const posting = Array.from({ length: 20 }, (_, i) => ada.thread('POST', '/comments', { body: { body: `${i}` } }))
      // So that they are under way.
      await Promise.race(posting)
      await api.lever('close')
      const statuses = (await Promise.all(posting)).map((answer) => answer.status)
      expect(statuses.every((status) => status === 201 || status === 503)).toBe(true)
      expect([200, 503].includes((await waiting).status)).toBe(true)
      await stream.rest()

      for (const [method, path, body] of [
        ['GET', '/comments', undefined],
        ['POST', '/comments', { body: 'y' }],
        ['DELETE', `/comments/${id}`, undefined],
        ['GET', '/me', undefined],
        ['GET', '/events', undefined],
      ] as const) {
        const answer = await ada.thread(method, path, body && { body })
        expect([method, path, answer.status, answer.code]).toEqual([method, path, 503, 'unavailable'])
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      }
      const ready = await api.fetch('/v1/ready')
      expect(ready.status).toBe(503)
      expect((await api.fetch('/v1/health')).status).toBe(200)
      // Closing twice is closing once.
      await api.lever('close')
    }, 30_000)
  })
}
