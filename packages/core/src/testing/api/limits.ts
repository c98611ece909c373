import type { ApiTests } from '../api-suite.ts'
import { limitedRule } from './config.ts'

export const limitTests: ApiTests = ({ test, expect, describe }) => {
  describe('who writes too much', () => {
    test('is asked to wait, and may write again then', async (api) => {
      const ada = api.user('ada').at({ site: 'limited' })
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => ada.thread('POST', '/comments', { body: { body: `${i}` } })),
      )
      const refused = answers.filter((answer) => answer.status === 429)
      expect(answers.filter((answer) => answer.status === 201).length).toBe(limitedRule.burst)
      expect(refused.length).toBe(20 - limitedRule.burst)
      for (const answer of refused) {
        const { error } = answer.json<{ error: { code: string; details: { retryAfter: number } } }>()
        const seconds = Number(answer.headers.get('retry-after'))
        expect([error.code, error.details.retryAfter]).toEqual(['rate_limited', seconds])
        expect(seconds > 0 && seconds <= limitedRule.perMs / limitedRule.burst / 1000).toBe(true)
        expect(answer.headers.get('access-control-allow-origin')).toBe('https://pages.example')
      }
      expect((await ada.page()).thread.comments).toBe(limitedRule.burst)

      const [id = ''] = (await ada.page()).items.map((item) => item.id)
      const edit = await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'y', rev: 1 } })
      const remove = await ada.thread('DELETE', `/comments/${id}`)
      expect([edit.status, remove.status]).toEqual([429, 429])

      // Others, and the same person elsewhere, are not held up.
      await api.user('bob').at({ site: 'limited' }).post('x')
      await api.user('ada').post('x')

      await api.lever('clock', { ms: limitedRule.perMs / limitedRule.burst })
      await ada.post('later')
    })
  })
}
