import type { ApiTests } from '../api-suite.ts'
import { fieldsOf } from './write.ts'

const nowhere = '0'.repeat(16)

export const replyTests: ApiTests = ({ test, expect, describe }) => {
  describe('replies', () => {
    test('stand under what they answer, oldest first', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      const first = await api.user('bob').post('first', { parent: root.id })
      const second = await ada.post('second', { parent: root.id })
      const deep = await ada.post('deep', { parent: first.id })
      expect(deep).toMatchObject({ parent: first.id, root: root.id, depth: 2, replyTo: null, thread: root.thread })

      const { items, thread } = await api.guest().page()
      expect(thread.comments).toBe(4)
      const [top] = items
      expect(top?.replies).toMatchObject({ count: 2, next: null })
      expect(top?.replies.items.map((item) => item.id)).toEqual([first.id, second.id])
      expect(top?.replies.items[0]?.replies).toMatchObject({ count: 1, next: null, items: [{ id: deep.id }] })
    })

    test('deeper than the site allows become siblings that name what they answer', async (api) => {
      const ada = api.user('ada').at({ site: 'shallow' })
      const root = await ada.post('0')
      const one = await ada.post('1', { parent: root.id })
      const two = await ada.post('2', { parent: one.id })
      const three = await ada.post('3', { parent: two.id })
      expect(three).toMatchObject({ parent: one.id, depth: 2, replyTo: two.id, root: root.id })
      const four = await ada.post('4', { parent: three.id })
      expect(four).toMatchObject({ parent: one.id, depth: 2, replyTo: three.id })
      const [top] = (await ada.page()).items
      const under = top?.replies.items[0]
      expect(under?.replies.items.map((item) => item.id)).toEqual([two.id, three.id, four.id])
      expect(under?.replies.items.map((item) => item.replyTo)).toEqual([null, two.id, three.id])
    })

    test('a deep comment can be answered after the one above it was deleted', async (api) => {
      const ada = api.user('ada').at({ site: 'shallow' })
      const root = await ada.post('0')
      const one = await ada.post('1', { parent: root.id })
      const two = await ada.post('2', { parent: one.id })
      expect((await ada.thread('DELETE', `/comments/${one.id}`)).status).toBe(204)
      const answer = await ada.post('3', { parent: two.id })
      expect(answer).toMatchObject({ parent: root.id, depth: 1, replyTo: two.id })
    })

    test('to what is not there, or not to be seen, are refused', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      await ada.post('keeps the place', { parent: root.id })
      const gone = await ada.post('gone')
      expect((await ada.thread('DELETE', `/comments/${gone.id}`)).status).toBe(204)
      expect((await ada.thread('DELETE', `/comments/${root.id}`)).status).toBe(204)
      const elsewhere = await ada.at({ pageKey: '/elsewhere' }).post('elsewhere')
      const queued = await ada.at({ site: 'queue' }).post('waits')

      const before = await ada.page()
      for (const parent of [nowhere, gone.id, root.id, elsewhere.id]) {
        const answer = await ada.thread('POST', '/comments', { body: { body: 'x', parent } })
        expect([answer.status, answer.code, fieldsOf(answer)]).toEqual([404, 'not_found', ['parent']])
      }
      expect(await ada.page()).toEqual(before)
      const toQueued = await ada
        .at({ site: 'queue' })
        .thread('POST', '/comments', { body: { body: 'x', parent: queued.id } })
      expect(toQueued.status).toBe(404)
    })

    test('a thousand words later every reply is counted once', async (api) => {
      const ada = api.user('ada')
      const root = await ada.post('root')
      await Promise.all(Array.from({ length: 30 }, (_, i) => api.user(`u${i}`).post(`${i}`, { parent: root.id })))
      const [top] = (await ada.page()).items
      expect(top?.replies.count).toBe(30)
      expect(new Set(top?.replies.items.map((item) => item.id)).size).toBe(30)
    })
  })
}
