import type { ApiTests } from '../api-suite.ts'
import type { CommentView, RevisionView } from '../../features/comments/schema.ts'

const halfAnHour = 30 * 60_000

export const editTests: ApiTests = ({ test, expect, describe }) => {
  describe('editing', () => {
    test('changes the text, raises `rev` and keeps what was said before', async (api) => {
      const ada = api.user('ada')
      const { id, createdAt } = await ada.post('one')
      const answer = await ada.thread('PATCH', `/comments/${id}`, { body: { body: '*two*', rev: 1 } })
      expect(answer.status).toBe(200)
      const edited = answer.json<CommentView>()
      expect(edited).toMatchObject({ id, rev: 2, html: '<p><em>two</em></p>\n', createdAt })
      expect(edited.editedAt ?? 0).toBeGreaterThan(createdAt - 1)
      expect(answer.headers.get('confab-ver')).toBe('2')
      expect((await api.guest().page()).items).toEqual([edited])

      const moderator = api.moderator()
      const byMod = await moderator.thread('PATCH', `/comments/${id}`, { body: { body: 'three', rev: 2 } })
      expect(byMod.json<CommentView>()).toMatchObject({ rev: 3, author: { id: 'ada' } })

      for (const reader of [ada, moderator]) {
        const { items, next } = (await reader.thread('GET', `/comments/${id}/revisions`)).json<{
          items: RevisionView[]
          next: null
        }>()
        expect(next).toBe(null)
        expect(items.map(({ rev, body, by }) => ({ rev, body, by }))).toEqual([
          { rev: 1, body: 'one', by: 'ada' },
          { rev: 2, body: '*two*', by: 'ada' },
          { rev: 3, body: 'three', by: 'mod' },
        ])
        expect(items.map(({ at }) => at).slice(0, 2)).toEqual([createdAt, edited.editedAt])
      }
    })

    test('of an older text shows the present one', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'two', rev: 1 } })
      const before = await ada.page()
      for (const rev of [1, 3, Number.MAX_SAFE_INTEGER]) {
        const answer = await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'lost', rev } })
        expect([answer.status, answer.code]).toEqual([409, 'conflict'])
        const { error } = answer.json<{ error: { details: { comment: CommentView } } }>()
        expect(error.details.comment).toMatchObject({ id, rev: 2, html: '<p>two</p>\n' })
      }
      expect(await ada.page()).toEqual(before)
    })

    test('twenty times at once: one wins, the others hear of it', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          ada.thread('PATCH', `/comments/${id}`, { body: { body: `try ${i}`, rev: 1 } }),
        ),
      )
      const won = answers.filter((answer) => answer.status === 200)
      expect(won.length).toBe(1)
      expect(answers.filter((answer) => answer.status === 409).length).toBe(19)
      expect((await ada.page()).items).toEqual([won[0]?.json()])
    })

    test('is for authors only while the time lasts, for moderators always', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      const edit = (who: typeof ada, rev = 1) =>
        who.thread('PATCH', `/comments/${id}`, { body: { body: 'changed', rev } })
      expect((await edit(api.user('bob'))).status).toBe(403)
      expect((await edit(api.guest())).status).toBe(401)
      await api.lever('clock', { ms: halfAnHour + 1000 })
      const late = await edit(ada)
      expect([late.status, late.code]).toEqual([403, 'forbidden'])
      expect((await ada.me()).mine[0]?.editableUntil).toBe(null)
      expect((await edit(api.moderator())).status).toBe(200)
    })

    test('can be closed on a site from the start', async (api) => {
      const ada = api.user('ada').at({ site: 'noedit' })
      const { id } = await ada.post('one')
      const answer = await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'two', rev: 1 } })
      expect([answer.status, answer.code]).toEqual([403, 'forbidden'])
      expect((await ada.page()).items[0]?.html).toBe('<p>one</p>\n')
    })

    test('a guest edits what they wrote in this browser', async (api) => {
      const guest = api.guest()
      const { id } = await guest.post('one')
      const answer = await guest.thread('PATCH', `/comments/${id}`, { body: { body: 'two', rev: 1 } })
      expect([answer.status, answer.json<CommentView>().rev]).toEqual([200, 2])
      const other = api.guest()
      await other.post('mine')
      expect((await other.thread('PATCH', `/comments/${id}`, { body: { body: 'x', rev: 2 } })).status).toBe(403)
    })

    test('of a deleted comment is too late, of none is not found', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('one')
      await ada.thread('DELETE', `/comments/${id}`)
      for (const who of [ada, api.moderator()]) {
        const answer = await who.thread('PATCH', `/comments/${id}`, { body: { body: 'back', rev: 1 } })
        expect([answer.status, answer.code]).toEqual([410, 'gone'])
      }
      const nowhere = await ada.thread('PATCH', `/comments/${'0'.repeat(16)}`, { body: { body: 'x', rev: 1 } })
      expect(nowhere.status).toBe(404)
    })
  })
}
