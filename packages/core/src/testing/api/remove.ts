import type { ApiTests } from '../api-suite.ts'

export const removeTests: ApiTests = ({ test, expect, describe }) => {
  describe('deleting', () => {
    test('a comment without replies vanishes', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      await ada.post('two')
      const answer = await ada.thread('DELETE', `/comments/${id}`)
      expect([answer.status, answer.text, answer.headers.get('confab-ver')]).toEqual([204, '', '3'])
      const page = await api.guest().page()
      expect([page.thread.comments, page.items.length, page.items[0]?.html]).toEqual([1, 1, '<p>two</p>\n'])
      for (const method of ['GET', 'DELETE']) {
        const again = await ada.thread(method, `/comments/${id}`)
        expect([again.status, again.code]).toEqual([410, 'gone'])
      }
    })

    test('a comment with replies keeps its place until the last of them is gone', async (api) => {
      const ada = api.user('ada', { name: 'Ada' })
      const root = await ada.post('root')
      const middle = await ada.post('middle', { parent: root.id })
      const leaf = await ada.post('leaf', { parent: middle.id })
      await ada.thread('DELETE', `/comments/${root.id}`)
      await ada.thread('DELETE', `/comments/${middle.id}`)
      const page = await api.guest().page()
      expect(page.thread.comments).toBe(1)
      const [place] = page.items
      const kept = { status: 'deleted', author: null, html: '', editedAt: null, rev: 1 }
      expect(place).toMatchObject({ ...kept, id: root.id, replies: { count: 1 } })
      expect(place?.replies.items[0]).toMatchObject({ ...kept, id: middle.id, replies: { count: 1 } })
      expect(place?.replies.items[0]?.replies.items[0]).toMatchObject({ id: leaf.id, status: 'published' })

      await ada.thread('DELETE', `/comments/${leaf.id}`)
      const empty = await api.guest().page()
      expect([empty.items, empty.thread.comments]).toEqual([[], 0])
    })

    test('twenty times at once happens once', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      const statuses = await Promise.all(
        Array.from({ length: 20 }, async () => (await ada.thread('DELETE', `/comments/${id}`)).status),
      )
      expect(statuses.filter((status) => status === 204).length).toBe(1)
      expect(statuses.every((status) => [204, 409, 410].includes(status))).toBe(true)
      expect((await ada.threadView()).ver).toBe(2)
    })

    test('blanks the text and its history for good, also for moderators', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('marker-one')
      await ada.post('keeps the place', { parent: root.id })
      await ada.thread('PATCH', `/comments/${root.id}`, { body: { body: 'marker-two', rev: 1 } })
      await ada.thread('DELETE', `/comments/${root.id}`)
      const moderator = api.moderator()
      for (const path of [`/comments/${root.id}/revisions`, `/comments/${root.id}`, '/comments', '/me']) {
        const answer = await moderator.thread('GET', path)
        expect(answer.text.includes('marker-')).toBe(false)
      }
      const back = await moderator.thread('PUT', `/comments/${root.id}/status`, { body: { status: 'published' } })
      expect([back.status, back.code]).toEqual([410, 'gone'])
    })

    test('may be done long after the time to edit is over, and in a closed thread', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      await api.moderator().thread('PATCH', '', { body: { state: 'locked' } })
      await api.lever('clock', { ms: 365 * 24 * 60 * 60_000 })
      expect((await ada.thread('DELETE', `/comments/${id}`)).status).toBe(204)
    })
  })
}
