import type { CommentView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'

export const moderationTests: ApiTests = ({ test, expect, describe }) => {
  describe('approval', () => {
    test('a comment waits until a moderator publishes it', async (api) => {
      const ada = api.user('ada').at({ site: 'queue' })
      const moderator = api.moderator().at({ site: 'queue' })
      const posted = await ada.thread('POST', '/comments', { body: { body: 'please' } })
      expect(posted.status).toBe(202)
      const { id, ...view } = posted.json<CommentView>()
      expect(view).toMatchObject({ status: 'pending', html: '<p>please</p>\n' })
      expect(await api.guest().at({ site: 'queue' }).page()).toMatchObject({
        items: [],
        thread: { comments: 0, ver: 0 },
      })

      const approved = await moderator.thread('PUT', `/comments/${id}/status`, {
        body: { status: 'published', reason: 'fine' },
      })
      expect([approved.status, approved.headers.get('confab-ver')]).toEqual([200, '1'])
      const page = await api.guest().at({ site: 'queue' }).page()
      expect(page.items).toEqual([approved.json<CommentView>()])
      expect((await ada.me()).pending).toEqual([])
    })

    test('a moderator needs none', async (api) => {
      const answer = await api
        .moderator()
        .at({ site: 'queue' })
        .thread('POST', '/comments', { body: { body: 'x' } })
      expect([answer.status, answer.json<CommentView>().status]).toEqual([201, 'published'])
    })

    test('an author may still edit and delete what waits', async (api) => {
      const ada = api.user('ada').at({ site: 'queue' })
      const first = await ada.post('one')
      const edited = await ada.thread('PATCH', `/comments/${first.id}`, { body: { body: 'two', rev: 1 } })
      expect([edited.status, edited.json<CommentView>().status]).toEqual([200, 'pending'])
      expect((await ada.thread('DELETE', `/comments/${first.id}`)).status).toBe(204)
      expect((await ada.me()).pending).toEqual([])
      expect((await ada.page()).thread).toMatchObject({ comments: 0, ver: 0 })
    })

    test('every status can be reached from every other, and the count follows', async (api) => {
      const moderator = api.moderator()
      const { id } = await api.user('ada').post('x')
      const statuses = ['pending', 'spam', 'rejected', 'published'] as const
      for (const from of statuses) {
        for (const to of statuses) {
          for (const status of [from, to]) {
            const answer = await moderator.thread('PUT', `/comments/${id}/status`, { body: { status } })
            expect([answer.status, answer.json<CommentView>().status]).toEqual([200, status])
            const shown = status === 'published' ? 1 : 0
            const page = await api.guest().page()
            expect([page.thread.comments, page.items.length]).toEqual([shown, shown])
            const seen = await api.guest().thread('GET', `/comments/${id}`)
            expect(seen.status).toBe(shown === 1 ? 200 : 404)
          }
        }
      }
    }, 30_000)

    test('a removed comment with replies keeps its place and comes back into it', async (api) => {
      const ada = api.user('ada')
      const moderator = api.moderator()
      const root = await ada.post('root')
      await ada.post('reply', { parent: root.id })
      await moderator.thread('PUT', `/comments/${root.id}/status`, { body: { status: 'rejected' } })
      const [place] = (await api.guest().page()).items
      expect(place).toMatchObject({ id: root.id, status: 'deleted', html: '', author: null, replies: { count: 1 } })
      await moderator.thread('PUT', `/comments/${root.id}/status`, { body: { status: 'published' } })
      const [back] = (await api.guest().page()).items
      expect(back).toMatchObject({ id: root.id, status: 'published', html: '<p>root</p>\n', replies: { count: 1 } })
    })
  })

  describe('a thread', () => {
    test('can be closed: nobody writes or edits, everybody reads', async (api) => {
      const ada = api.user('ada')
      const moderator = api.moderator()
      const { id } = await ada.post('x')
      const locked = await moderator.thread('PATCH', '', { body: { state: 'locked' } })
      expect([locked.status, locked.json<{ state: string }>().state]).toEqual([200, 'locked'])
      for (const answer of [
        await ada.thread('POST', '/comments', { body: { body: 'y' } }),
        await moderator.thread('POST', '/comments', { body: { body: 'y' } }),
        await api.guest().thread('POST', '/comments', { body: { body: 'y', guest: { name: 'Ann' } } }),
        await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'y', rev: 1 } }),
      ]) {
        expect([answer.status, answer.code]).toEqual([403, 'locked'])
      }
      expect((await api.guest().page()).thread.state).toBe('locked')
      expect((await ada.me()).can.comment).toBe(false)
      await moderator.thread('PATCH', '', { body: { state: 'open' } })
      await ada.post('open again')
    })

    test('can be hidden: it is as good as not there', async (api) => {
      const ada = api.user('ada')
      const moderator = api.moderator()
      const { id, thread } = await ada.post('secret-marker')
      await moderator.thread('PATCH', '', { body: { state: 'hidden', title: 'secret-marker' } })
      for (const who of [ada, api.guest()]) {
        for (const path of ['/comments', `/comments/${id}`, '', '/me', `/comments?around=${id}`]) {
          const [start = '', around] = path.split('?around=')
          const answer = await who.thread('GET', start, { query: around === undefined ? {} : { around } })
          expect([path, answer.status]).toEqual([path, 404])
          expect(answer.text.includes('secret-marker')).toBe(false)
        }
        const byId = await who.send('GET', `/v1/threads/${thread}/comments`)
        expect(byId.status).toBe(404)
        const poll = await who.thread('GET', '/events', { query: { after: 0, wait: 0 } })
        expect(poll.text.includes('secret-marker')).toBe(false)
        expect((await who.thread('POST', '/comments', { body: { body: 'y' } })).status >= 400).toBe(true)
      }
      await moderator.thread('PATCH', '', { body: { state: 'open' } })
      expect((await api.guest().page()).items.length).toBe(1)
    })

    test('can be renamed, and told to forget its name', async (api) => {
      const moderator = api.moderator()
      await api.user('ada').post('x', { title: 'Old', url: 'https://pages.example/old' })
      const set = { title: 'New', url: 'https://pages.example/new' }
      const renamed = await moderator.thread('PATCH', '', { body: set })
      expect(renamed.json<object>()).toMatchObject({ ...set, ver: 2 })
      const cleared = await moderator.thread('PATCH', '', { body: { title: null, url: null } })
      expect(cleared.json<object>()).toMatchObject({ title: null, url: null, ver: 3 })
      // Nothing to change is no change.
      const same = await moderator.thread('PATCH', '', { body: {} })
      expect(same.json<object>()).toMatchObject({ ver: 3 })
    })
  })
}
