import type { CommentsPageView, CommentView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import type { Query, Visitor } from './client.ts'
import { fieldsOf } from './write.ts'

export const pageTests: ApiTests = ({ test, expect, describe }) => {
  describe('pages', () => {
    test('a page nobody wrote on is empty', async (api) => {
      const page = await api.guest().page()
      expect([page.items, page.next, page.previous]).toEqual([[], null, null])
      expect(page.thread).toMatchObject({ site: 'open', pageKey: '/hello', ver: 0, comments: 0, state: 'open' })
      expect([page.thread.createdAt, page.thread.lastAt]).toEqual([null, null])
    })

    test('come in the order asked for, or in the order of the site', async (api) => {
      for (const [site, own] of [
        ['open', 'newest'],
        ['oldest', 'oldest'],
      ] as const) {
        const ada = api.user('ada').at({ site })
        const ids = [await ada.post('1'), await ada.post('2'), await ada.post('3')].map(({ id }) => id)
        const orders = { oldest: ids, newest: ids.toReversed() }
        expect(idsOf((await ada.page({ sort: 'oldest' })).items)).toEqual(orders.oldest)
        expect(idsOf((await ada.page({ sort: 'newest' })).items)).toEqual(orders.newest)
        expect(idsOf((await ada.page()).items)).toEqual(orders[own])
      }
    })

    test('300 comments are read forwards and backwards without a repeat or a miss', async (api) => {
      const ids = await postMany(api.user('ada'), 300)
      for (const sort of ['newest', 'oldest'] as const) {
        const wanted = sort === 'newest' ? ids.toReversed() : ids
        for (const limit of [50, 20, 7]) {
          const forwards = await readOn(api.guest(), { sort, limit }, 'next')
          expect(forwards.pages.flatMap((page) => idsOf(page.items))).toEqual(wanted)
          const [first] = forwards.pages
          const last = forwards.pages.at(-1)
          expect([first?.previous, last?.next]).toEqual([null, null])
          if (last?.previous === null || last?.previous === undefined) throw new Error('No way back')
          const backwards = await readOn(api.guest(), { sort, limit, before: last.previous }, 'previous')
          expect(backwards.pages.toReversed().flatMap((page) => idsOf(page.items))).toEqual(
            wanted.slice(0, -last.items.length),
          )
          expect(backwards.pages.at(-1)?.previous).toBe(null)
          // The way forwards from each page on the way back leads to the one it came from.
          const [nearest] = backwards.pages
          const again = await api.guest().page({ sort, limit, after: nearest?.next ?? '' })
          expect(idsOf(again.items)).toEqual(idsOf(last.items))
        }
      }
    }, 60_000)

    test('reading on is not disturbed by what is written and deleted meanwhile', async (api) => {
      const ada = api.user('ada')
      const ids = await postMany(ada, 60)
      const deleted = new Set<string>()
      const seen: string[] = []
      let after: string | undefined
      for (let round = 0; ; round++) {
        const page = await api.guest().page({ limit: 10, ...(after !== undefined && { after }) })
        seen.push(...idsOf(page.items))
        if (page.next === null) break
        after = page.next
        await ada.post(`meanwhile ${round}`)
        // What was read last, so that the cursor's own comment is gone.
        const last = page.items.at(-1)?.id ?? ''
        deleted.add(last)
        expect((await ada.thread('DELETE', `/comments/${last}`)).status).toBe(204)
      }
      expect(seen).toEqual(ids.toReversed())
      expect(deleted.size).toBe(5)
    })

    test('show every reply of a small thread, and a few of a large one', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      const ids: string[] = []
      for (let i = 0; i < 8; i++) ids.push((await ada.post(`${i}`, { parent: root.id })).id)
      const [small] = (await ada.page()).items
      expect(idsOf(small?.replies.items ?? [])).toEqual(ids)
      expect(small?.replies.next).toBe(null)

      await postMany(ada, 220)
      const large = (await ada.page({ sort: 'oldest' })).items.find((item) => item.id === root.id)
      expect(idsOf(large?.replies.items ?? [])).toEqual(ids.slice(0, 3))
      expect(large?.replies.count).toBe(8)
      const rest = await ada.page({ parent: root.id, after: large?.replies.next ?? '' })
      expect(idsOf(rest.items)).toEqual(ids.slice(3))
      expect(rest.next).toBe(null)
    }, 30_000)

    test('of replies go on from where the preview ended, to the last one', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      const ids = await postMany(ada, 120, root.id)
      const [top] = (await ada.page()).items
      const shown = idsOf(top?.replies.items ?? [])
      expect(top?.replies.count).toBe(120)
      expect(shown).toEqual(ids.slice(0, shown.length))
      if (!top || top.replies.next === null) throw new Error('Expected more replies')
      const { pages } = await readOn(ada, { parent: root.id, limit: 20, after: top.replies.next }, 'next')
      expect([...shown, ...pages.flatMap((page) => idsOf(page.items))]).toEqual(ids)
      // Replies read oldest first, whatever order is asked for.
      const newest = await ada.page({ parent: root.id, sort: 'newest', limit: 5 })
      expect(idsOf(newest.items)).toEqual(ids.slice(0, 5))
      const none = await ada.page({ parent: ids[0], limit: 5 })
      expect([none.items, none.next, none.previous]).toEqual([[], null, null])
    }, 30_000)

    test('a large page stays within bounds, and says where the rest is', async (api) => {
      const ada = api.user('ada')
      const roots = await postMany(ada, 40)
      await Promise.all(roots.map((parent) => postMany(ada, 6, parent)))
      const page = await ada.page({ limit: 50 })
      let shown = 0
      const count = (items: readonly CommentView[]): void => {
        for (const item of items) {
          shown += 1
          count(item.replies.items)
          expect(item.replies.next === null).toBe(item.replies.count === item.replies.items.length)
        }
      }
      count(page.items)
      expect(page.thread.comments).toBe(280)
      expect(shown).toBeLessThanOrEqual(250)
    }, 60_000)

    test('refuse what is no cursor of that order', async (api) => {
      const ada = api.user('ada')
      await postMany(ada, 3)
      const { next } = await ada.page({ sort: 'newest', limit: 1 })
      if (next === null) throw new Error('Expected a next page')
      for (const cursor of [next, 'x', '', '%', 'W10', `${next}A`, next.slice(1), 'a'.repeat(201)]) {
        for (const side of ['after', 'before']) {
          const answer = await ada.thread('GET', '/comments', { query: { sort: 'oldest', [side]: cursor } })
          expect([answer.status, fieldsOf(answer)]).toEqual([400, [side]])
        }
      }
      const both = await ada.thread('GET', '/comments', { query: { after: next, before: next } })
      expect([both.status, fieldsOf(both)]).toEqual([400, ['after']])
    })
  })
}

export function idsOf(items: readonly { readonly id: string }[]): string[] {
  return items.map((item) => item.id)
}

/** Ids of so many new comments, oldest first. */
export async function postMany(visitor: Visitor, count: number, parent: string | null = null): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i += 25) {
    const some = Array.from({ length: Math.min(25, count - i) }, (_, at) =>
      visitor.post(`number ${i + at}`, { parent }),
    )
    ids.push(...idsOf(await Promise.all(some)))
  }
  return ids.sort()
}

/** Reads page after page until there is none. */
export async function readOn(
  visitor: Visitor,
  query: Query,
  direction: 'next' | 'previous',
): Promise<{ pages: CommentsPageView[] }> {
  const pages = [await visitor.page(query)]
  const side = direction === 'next' ? 'after' : 'before'
  const { after: _, before: __, around: ___, ...rest } = query
  for (let cursor = pages[0]?.[direction]; cursor; cursor = pages.at(-1)?.[direction]) {
    pages.push(await visitor.page({ ...rest, [side]: cursor }))
    if (pages.length > 500) throw new Error('Reading on does not end')
  }
  return { pages }
}
