import type { EventView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import { postMany } from './pages.ts'
import type { EventStream, Frame } from './stream.ts'
import { openStream } from './stream.ts'

export const liveTests: ApiTests = ({ test, expect, describe }) => {
  describe('a stream', () => {
    const viewOf = (frame: Frame): EventView => JSON.parse(frame.data) as EventView
    const isEvent = (frame: Frame): boolean => frame.event.includes('.')

    test('brings what is written, edited and removed, in order', async (api) => {
      const ada = api.user('ada')
      const stream = await openStream(api.fetch, {})
      expect(stream.status).toBe(200)
      expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(stream.headers.get('cache-control')).toBe('private, no-store, no-transform')
      expect(stream.headers.get('access-control-allow-origin')).toBe('https://pages.example')
      expect(await stream.next()).toMatchObject({ event: 'ver', id: '0', data: '{"ver":0}' })

      const posted = await ada.post('one')
      const created = await stream.next(isEvent)
      expect(created).toMatchObject({ id: '1', event: 'comment.created' })
      const view = viewOf(created)
      expect(view).toMatchObject({ type: 'comment.created', v: 1, ver: 1, thread: posted.thread, comments: 1 })
      expect(view.data).toEqual({ id: posted.id, comment: posted })

      await ada.thread('PATCH', `/comments/${posted.id}`, { body: { body: 'two', rev: 1 } })
      const edited = viewOf(await stream.next(isEvent))
      expect(edited).toMatchObject({ type: 'comment.edited', ver: 2, data: { comment: { html: '<p>two</p>\n' } } })

      await ada.thread('DELETE', `/comments/${posted.id}`)
      const removed = viewOf(await stream.next(isEvent))
      expect(removed).toMatchObject({ type: 'comment.removed', ver: 3, comments: 0 })
      expect(removed.data).toEqual({ id: posted.id, comment: null })

      await api.moderator().thread('PATCH', '', { body: { state: 'locked' } })
      const changed = viewOf(await stream.next(isEvent))
      expect(changed).toMatchObject({ type: 'thread.changed', ver: 4, data: { id: null, comment: null } })
      await stream.close()
    })

    test('resumes behind the last event a reader has, by header or by parameter', async (api) => {
      const ids = await postMany(api.user('ada'), 6)
      const streams: EventStream[] = [
        await openStream(api.fetch, {}, { 'last-event-id': '3' }),
        await openStream(api.fetch, { after: 3 }),
        // The header is what the browser knows last.
        await openStream(api.fetch, { after: 1 }, { 'last-event-id': '3' }),
      ]
      for (const stream of streams) {
        const frames = [await stream.next(isEvent), await stream.next(isEvent), await stream.next(isEvent)]
        expect(frames.map((frame) => frame.id)).toEqual(['4', '5', '6'])
        expect(frames.every((frame) => ids.includes(viewOf(frame).data.id ?? ''))).toBe(true)
        await stream.close()
      }
      const strange = await openStream(api.fetch, {}, { 'last-event-id': 'x; drop table' })
      expect(await strange.next()).toMatchObject({ event: 'ver', id: '6' })
      await strange.close()
    })

    test('tells a reader to load again when what they missed is gone', async (api) => {
      await postMany(api.user('ada'), 6)
      await api.lever('prune')
      const stream = await openStream(api.fetch, {}, { 'last-event-id': '3' })
      expect(await stream.next()).toMatchObject({ event: 'reset', id: '6', data: '{"ver":6}' })
      await api.user('ada').post('next')
      expect((await stream.next(isEvent)).id).toBe('7')
      await stream.close()
    })

    test('tells a reader to load again who knows of more than there is', async (api) => {
      await postMany(api.user('ada'), 2)
      const stream = await openStream(api.fetch, {}, { 'last-event-id': '40' })
      expect(await stream.next()).toMatchObject({ event: 'reset', id: '2' })
      await stream.close()
    })

    test('misses nothing and repeats nothing while many write at once', async (api) => {
      const streams = await Promise.all([1, 2, 3].map(() => openStream(api.fetch, { after: 0 })))
      const count = 80
      await Promise.all(Array.from({ length: count }, (_, i) => api.user(`u${i}`).post(`${i}`)))
      for (const stream of streams) {
        const vers: number[] = []
        while (vers.length < count) vers.push(viewOf(await stream.next(isEvent)).ver)
        expect(vers).toEqual(Array.from({ length: count }, (_, i) => i + 1))
        await stream.close()
      }
    }, 30_000)

    test('says nothing of what only moderators may know', async (api) => {
      const stream = await openStream(api.fetch, { site: 'queue' })
      await stream.next()
      const ada = api.user('ada').at({ site: 'queue' })
      const { id } = await ada.post('marker')
      await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'marker two', rev: 1 } })
      const moderator = api.moderator().at({ site: 'queue' })
      const open = await moderator.post('open')
      const frame = await stream.next(isEvent)
      expect([frame.id, viewOf(frame).data.id]).toEqual(['1', open.id])
      expect(frame.data.includes('marker')).toBe(false)
      await stream.close()
    })

    test('shows a text that was removed meanwhile to nobody, also where others saw it', async (api) => {
      const ada = api.user('ada')
      // Somebody watches from the start, so that what happened is remembered for others.
      const early = await openStream(api.fetch, {})
      const { id } = await ada.post('marker')
      await early.next((frame) => frame.data.includes('marker'))
      await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'changed', rev: 1 } })
      await early.next((frame) => frame.event === 'comment.edited')
      const afterEdit = await openStream(api.fetch, { after: 0 })
      expect((await afterEdit.next(isEvent)).data.includes('marker')).toBe(false)

      const other = await ada.post('marker')
      await early.next((frame) => frame.data.includes('marker'))
      await ada.thread('DELETE', `/comments/${other.id}`)
      await early.next((frame) => frame.event === 'comment.removed')
      const late = await openStream(api.fetch, { after: 0 })
      const frames = [
        await late.next(isEvent),
        await late.next(isEvent),
        await late.next(isEvent),
        await late.next(isEvent),
      ]
      expect(frames.map((frame) => frame.event)).toEqual([
        'comment.created',
        'comment.edited',
        'comment.created',
        'comment.removed',
      ])
      for (const frame of frames) expect(frame.data.includes('marker')).toBe(false)

      await api.moderator().thread('PATCH', '', { body: { state: 'hidden' } })
      await early.next((frame) => frame.event === 'thread.changed')
      const hidden = await openStream(api.fetch, { after: 0 })
      const seen = await hidden.next((frame) => frame.event === 'comment.edited')
      expect(viewOf(seen)).toMatchObject({ comments: 0, data: { id, comment: null } })
      for (const stream of [early, afterEdit, late, hidden]) await stream.close()
    })

    test('ends with the server, with a hint when to come again', async (api) => {
      const stream = await openStream(api.fetch, {})
      await stream.next()
      await api.lever('close')
      const bye = (await stream.rest()).at(-1)
      expect(bye?.event).toBe('bye')
      expect(Number(bye?.retry)).toBeGreaterThan(999)
      expect(bye?.id).toBe(null)
    })
  })
}
