import type { CommentView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import { idsOf, postMany, readOn } from './pages.ts'

export const aroundTests: ApiTests = ({ test, expect, describe }) => {
  describe('around a comment', () => {
    test('lies the page it stands on, however small, and reading on reaches all', async (api) => {
      const ids = await postMany(api.user('ada'), 60)
      for (const sort of ['newest', 'oldest'] as const) {
        const wanted = sort === 'newest' ? ids.toReversed() : ids
        for (const limit of [1, 2, 3, 20, 50]) {
          for (const id of [ids[0], ids[1], ids[30], ids.at(-1)]) {
            const page = await api.guest().page({ sort, limit, around: id })
            const shown = idsOf(page.items)
            expect(shown.includes(id ?? '')).toBe(true)
            expect(shown.length).toBeLessThanOrEqual(limit)
            const from = wanted.indexOf(shown[0] ?? '')
            expect(shown).toEqual(wanted.slice(from, from + shown.length))
            expect([page.previous === null, page.next === null]).toEqual([
              from === 0,
              from + shown.length === wanted.length,
            ])
            if (limit < 20) continue
            const up = page.previous === null ? [] : await read(page.previous, 'previous')
            const down = page.next === null ? [] : await read(page.next, 'next')
            expect([...up, ...shown, ...down]).toEqual(wanted)
          }

          async function read(cursor: string, direction: 'next' | 'previous'): Promise<string[]> {
            const query = { sort, limit, [direction === 'next' ? 'after' : 'before']: cursor }
            const { pages } = await readOn(api.guest(), query, direction)
            const inOrder = direction === 'next' ? pages : pages.toReversed()
            return inOrder.flatMap((page) => idsOf(page.items))
          }
        }
      }
    }, 60_000)

    test('the branch is open down to a reply, wherever it is', async (api) => {
      const ada = api.user('ada')
      const [first = ''] = await postMany(ada, 20)
      const siblings = await postMany(ada, 60, first)
      const parent = siblings.at(-1) ?? ''
      const cousins = await postMany(ada, 55, parent)
      const deep = await ada.post('here', { parent: cousins.at(-1) ?? '' })
      for (const limit of [1, 5, 50]) {
        for (const id of [deep.id, cousins.at(-1), cousins[30], parent, siblings[0]]) {
          const page = await api.guest().page({ around: id, limit })
          const found = findIn(page.items, id ?? '')
          expect(found?.id).toBe(id)
          expect(page.items.length).toBeLessThanOrEqual(limit)
        }
      }
      // What is missing between the preview and the opened reply can be loaded from the cursor.
      const page = await api.guest().page({ around: parent, limit: 1 })
      const top = page.items.find((item) => item.id === first)
      const shown = idsOf(top?.replies.items ?? [])
      expect(shown.at(-1)).toBe(parent)
      const { pages } = await readOn(api.guest(), { parent: first, after: top?.replies.next ?? '' }, 'next')
      const all = new Set([...shown, ...pages.flatMap((rest) => idsOf(rest.items))])
      expect([...all].sort()).toEqual(siblings)
    }, 60_000)

    test('of a placeholder works; of what nobody sees is not found', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      const reply = await ada.post('reply', { parent: root.id })
      const vanished = await ada.post('vanished')
      await ada.thread('DELETE', `/comments/${root.id}`)
      await ada.thread('DELETE', `/comments/${vanished.id}`)
      for (const id of [root.id, reply.id]) {
        expect(findIn((await ada.page({ around: id })).items, id)?.id).toBe(id)
      }
      const elsewhere = await ada.at({ pageKey: '/elsewhere' }).post('x')
      const moderator = api.moderator()
      const spam = await ada.post('spam')
      await moderator.thread('PUT', `/comments/${spam.id}/status`, { body: { status: 'spam' } })
      for (const id of [vanished.id, elsewhere.id, spam.id, '0'.repeat(16)]) {
        for (const who of [ada, moderator]) {
          const answer = await who.thread('GET', '/comments', { query: { around: id } })
          expect([answer.status, answer.code]).toEqual([404, 'not_found'])
        }
      }
    })
  })
}

export function findIn(items: readonly CommentView[], id: string): CommentView | null {
  for (const item of items) {
    const found = item.id === id ? item : findIn(item.replies.items, id)
    if (found) return found
  }
  return null
}
