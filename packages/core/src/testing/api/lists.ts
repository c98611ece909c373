import type { CountsView, LatestView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import { idsOf } from './pages.ts'
import { fieldsOf } from './write.ts'

export const listTests: ApiTests = ({ test, expect, describe }) => {
  describe('counts', () => {
    test('of a hundred pages come in one answer, with the keys as they were asked', async (api) => {
      const ada = api.user('ada')
      const pageKeys = Array.from({ length: 100 }, (_, i) => `/page/${i}`)
      pageKeys[50] = '__proto__'
      pageKeys[51] = 'constructor'
      pageKeys[52] = '/cafe\u0301'
      pageKeys[53] = '/a b&c=d?e#f'
      for (const at of [50, 50, 51, 52, 53, 99]) await ada.at({ pageKey: pageKeys[at] ?? '' }).post('x')
      const answer = await ada.send('GET', '/v1/counts', { query: { site: 'open', pageKey: pageKeys } })
      expect(answer.status).toBe(200)
      const entries = Object.entries(answer.json<CountsView>().counts)
      expect(entries.map(([key]) => key).sort()).toEqual([...pageKeys].sort())
      expect(Object.fromEntries(entries.filter(([, count]) => count > 0))).toEqual(
        Object.fromEntries([
          ['__proto__', 2],
          ['constructor', 1],
          ['/cafe\u0301', 1],
          ['/a b&c=d?e#f', 1],
          ['/page/99', 1],
        ]),
      )
    })

    test('are of published comments only', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      await ada.post('reply', { parent: root.id })
      await ada.thread('DELETE', `/comments/${root.id}`)
      await ada.at({ site: 'queue' }).post('waits')
      const count = async (site: string): Promise<unknown> =>
        (await ada.send('GET', '/v1/counts', { query: { site, pageKey: ['/hello'] } })).json()
      expect(await count('open')).toEqual({ counts: { '/hello': 1 } })
      expect(await count('queue')).toEqual({ counts: { '/hello': 0 } })
      await api.moderator().thread('PATCH', '', { body: { state: 'hidden' } })
      expect(await count('open')).toEqual({ counts: { '/hello': 0 } })
    })

    test('of more pages, of none or of no site are refused', async (api) => {
      const pageKey = Array.from({ length: 101 }, (_, i) => `/${i}`)
      for (const [query, field] of [
        [{ site: 'open', pageKey }, 'pageKey'],
        [{ site: 'open' }, 'pageKey'],
        [{ site: 'open', pageKey: [''] }, 'pageKey.0'],
        [{ site: 'open', pageKey: ['/a', 'x'.repeat(501)] }, 'pageKey.1'],
        [{ pageKey: ['/a'] }, 'site'],
        [{ site: 'Open!', pageKey: ['/a'] }, 'site'],
      ] as const) {
        const answer = await api.guest().send('GET', '/v1/counts', { query })
        expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]])
      }
    })
  })

  describe('the latest comments of a site', () => {
    test('come newest first from all its pages, page by page', async (api) => {
      const ids: string[] = []
      for (let i = 0; i < 25; i++)
        ids.push(
          (
            await api
              .user('ada')
              .at({ pageKey: `/${i % 4}` })
              .post(`${i}`)
          ).id,
        )
      await api.user('ada').at({ site: 'oldest' }).post('of another site')
      const seen: string[] = []
      let after: string | undefined
      for (;;) {
        const answer = await api.guest().send('GET', '/v1/sites/open/comments', { query: { limit: 10, after } })
        const { items, next } = answer.json<LatestView>()
        seen.push(...idsOf(items))
        if (next === null) break
        after = next
      }
      expect(seen).toEqual(ids.sort().toReversed())
    })

    test('leave out hidden threads without ending early', async (api) => {
      const ada = api.user('ada')
      const first = await ada.at({ pageKey: '/shown' }).post('shown')
      for (let i = 0; i < 5; i++) await ada.post('hidden')
      await api.moderator().thread('PATCH', '', { body: { state: 'hidden' } })
      const seen: string[] = []
      let after: string | undefined
      for (;;) {
        const answer = await ada.send('GET', '/v1/sites/open/comments', { query: { limit: 2, after } })
        const { items, next } = answer.json<LatestView>()
        seen.push(...idsOf(items))
        if (next === null) break
        after = next
      }
      expect(seen).toEqual([first.id])
    })
  })
}
