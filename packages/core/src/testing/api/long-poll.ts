import type { EventsView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import type { Query } from './client.ts'
import { postMany } from './pages.ts'
import { fieldsOf } from './write.ts'

export const longPollTests: ApiTests = ({ test, expect, describe }) => {
  describe('a long poll', () => {
    test('answers at once where there is news', async (api) => {
      const ada = api.user('ada')
      const { id } = await ada.post('x')
      const began = Date.now()
      const answer = await ada.thread('GET', '/events', { query: { after: 0, wait: 30 } })
      expect(Date.now() - began < 5_000).toBe(true)
      expect(answer.status).toBe(200)
      const { ver, reset, events } = answer.json<EventsView>()
      expect([ver, reset, events.map((event) => [event.type, event.ver, event.data.id])]).toEqual([
        1,
        false,
        [['comment.created', 1, id]],
      ])
    })

    test('waits for news', async (api) => {
      const ada = api.user('ada')
      await ada.post('before')
      const waiting = ada.thread('GET', '/events', { query: { after: 1, wait: 30 } })
      const { id } = await ada.post('after')
      const { ver, events } = (await waiting).json<EventsView>()
      expect([ver, events.map((event) => event.data.id)]).toEqual([2, [id]])
    })

    test('ends empty when nothing happens', async (api) => {
      await api.user('ada').post('x')
      for (const wait of [0, 1]) {
        const began = Date.now()
        const answer = await api.guest().thread('GET', '/events', { query: { after: 1, wait } })
        expect(answer.json()).toEqual({ ver: 1, reset: false, events: [] })
        const took = Date.now() - began
        expect(took >= wait * 950 && took < 8_000).toBe(true)
      }
    })

    test('without a place starts from now', async (api) => {
      await api.user('ada').post('x')
      const answer = await api.guest().thread('GET', '/events', { query: { wait: 0 } })
      expect(answer.json()).toEqual({ ver: 1, reset: false, events: [] })
    })

    test('tells a reader to load again when what they missed is gone, or never was', async (api) => {
      await postMany(api.user('ada'), 5)
      const ask = async (after: number): Promise<unknown> =>
        (await api.guest().thread('GET', '/events', { query: { after, wait: 0 } })).json()
      expect(await ask(40)).toEqual({ ver: 5, reset: true, events: [] })
      await api.lever('prune')
      expect(await ask(2)).toEqual({ ver: 5, reset: true, events: [] })
      expect(await ask(5)).toEqual({ ver: 5, reset: false, events: [] })
    })

    test('takes only sensible times', async (api) => {
      for (const [query, field] of [
        [{ wait: 61 }, 'wait'],
        [{ wait: -1 }, 'wait'],
        [{ wait: 1.5 }, 'wait'],
        [{ wait: 'soon' }, 'wait'],
        [{ after: -1 }, 'after'],
        [{ after: 'x' }, 'after'],
      ] as readonly [Query, string][]) {
        const answer = await api.guest().thread('GET', '/events', { query: { ...query } })
        expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]])
      }
    })
  })
}
