import type { ApiTests } from '../api-suite.ts'
import { newKey } from './client.ts'

export const writeTests: ApiTests = ({ test, expect, describe }) => {
  describe('writing', () => {
    test('a member writes and everybody reads it', async (api) => {
      const before = Date.now()
      const answer = await api
        .user('ada', { name: 'Ada', website: 'https://ada.example' })
        .thread('POST', '/comments', { body: { body: 'Hello **world**' } })
      expect(answer.status).toBe(201)
      const view = answer.json<{ id: string; thread: string; createdAt: number }>()
      const expected = {
        id: view.id,
        thread: view.thread,
        parent: null,
        root: view.id,
        depth: 0,
        replyTo: null,
        author: { id: 'ada', name: 'Ada', avatar: null, website: 'https://ada.example/', badges: [] },
        status: 'published',
        rev: 1,
        html: '<p>Hello <strong>world</strong></p>\n',
        up: 0,
        down: 0,
        replies: { count: 0, items: [], next: null },
        pinned: false,
        createdAt: view.createdAt,
        editedAt: null,
      }
      expect(answer.json()).toEqual(expected)
      expect(/^[0-9a-v]{16}$/.test(view.id)).toBe(true)
      expect(view.createdAt).toBeGreaterThan(before - 1)
      expect(answer.headers.get('confab-ver')).toBe('1')
      expect(answer.headers.get('cache-control')).toBe('private, no-store')

      const page = await api.guest().page()
      expect(page.items).toEqual([expected])
      expect(page.thread).toEqual({
        id: view.thread,
        site: 'open',
        pageKey: '/hello',
        url: null,
        title: null,
        ver: 1,
        comments: 1,
        state: 'open',
        createdAt: page.thread.createdAt,
        lastAt: view.createdAt,
      })
      const one = await api.guest().thread('GET', `/comments/${view.id}`)
      expect([one.status, one.json()]).toEqual([200, expected])
    })

    test('a guest gives a name once and is the same guest afterwards', async (api) => {
      const guest = api.guest('Ann')
      const first = await guest.post('first')
      expect(first.author).toMatchObject({ name: 'Ann', badges: ['guest'] })
      const second = await guest.post('second')
      expect(second.author).toEqual(first.author)
      const stranger = await api.guest('Ann').post('third')
      expect(stranger.author?.id === first.author?.id).toBe(false)
    })

    test('nobody writes without a name', async (api) => {
      const answer = await api.guest().thread('POST', '/comments', { body: { body: 'x' } })
      expect([answer.status, answer.code]).toEqual([401, 'unauthorized'])
      expect(fieldsOf(answer)).toEqual(['guest'])
      expect((await api.guest().page()).thread.ver).toBe(0)
    })

    test('a site may take members only', async (api) => {
      const guest = api.guest().at({ site: 'members' })
      for (const body of [{ body: 'x' }, { body: 'x', guest: { name: 'Ann' } }]) {
        expect((await guest.thread('POST', '/comments', { body })).status).toBe(401)
      }
      expect(guest.cookies.size).toBe(0)
      await api.user('ada').at({ site: 'members' }).post('in')
    })

    test('a site may ask guests for an address, which nobody else sees', async (api) => {
      const guest = api.guest().at({ site: 'mail' })
      const without = await guest.thread('POST', '/comments', { body: { body: 'x', guest: { name: 'Ann' } } })
      expect([without.status, fieldsOf(without)]).toEqual([400, ['guest.email']])
      await guest.post('x', { guest: { name: 'Ann', email: 'ann@mail.example' } })
      // Known from then on.
      await guest.post('y')
      const answers = await Promise.all([
        guest.thread('GET', '/comments'),
        guest.thread('GET', '/me'),
        guest.send('GET', '/v1/sites/mail/comments'),
        guest.thread('GET', '/events', { query: { after: 0, wait: 0 } }),
      ])
      for (const answer of answers) expect(answer.text.includes('ann@mail')).toBe(false)
    })

    test('a registered name on a guest shows that it is a guest', async (api) => {
      await api.user('ada', { name: 'Ada', roles: ['admin'] }).post('the real one')
      const guest = await api.guest('Ada').post('not she')
      expect(guest.author).toMatchObject({ name: 'Ada', badges: ['guest'] })
      const [, real] = (await api.guest().page()).items
      expect(real?.author).toMatchObject({ id: 'ada', badges: ['admin'] })
    })

    test('the first known address and title of the page stay', async (api) => {
      const ada = api.user('ada')
      await ada.post('1', { url: 'https://pages.example/hello' })
      await ada.post('2', { url: 'https://pages.example/other', title: 'Hello' })
      await ada.post('3', { title: 'Changed' })
      expect(await ada.threadView()).toMatchObject({ url: 'https://pages.example/hello', title: 'Hello', ver: 3 })
    })

    test('a thread can be named by its id', async (api) => {
      const ada = api.user('ada')
      const { thread } = await ada.post('1')
      const path = `/v1/threads/${thread}/comments`
      const posted = await ada.send('POST', path, { body: { body: '2' } })
      expect(posted.status).toBe(201)
      const page = await ada.send('GET', path)
      expect(page.json<{ items: unknown[] }>().items.length).toBe(2)
      const named = await ada.send('GET', path, { query: { site: 'open', pageKey: '/hello' } })
      expect(named.text).toBe(page.text)
    })

    test('a page key is one thread, however it is composed', async (api) => {
      const composed = api.user('ada').at({ pageKey: '/caf\u00e9' })
      await composed.post('x')
      const taken = composed.at({ pageKey: '/cafe\u0301' })
      expect((await taken.page()).items.length).toBe(1)
    })

    test('what one writes comes back cleaned and rendered', async (api) => {
      const ada = api.user('ada')
      const view = await ada.post('e\u0301\r\nb\u0000\u0007 <img src=x onerror=alert(1)>')
      expect(view.html).toBe('<p>\u00e9<br />\nb &lt;img src=x onerror=alert(1)&gt;</p>\n')
      const { mine } = await ada.me()
      expect(mine.map((own) => own.body)).toEqual(['\u00e9\nb <img src=x onerror=alert(1)>'])
    })

    test('fifty people at once are fifty comments', async (api) => {
      const views = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          api.user(`u${i}`).post(`number ${i}`, {}, { 'idempotency-key': newKey() }),
        ),
      )
      expect(new Set(views.map((view) => view.id)).size).toBe(50)
      const page = await api.guest().page({ limit: 50 })
      expect(page.thread).toMatchObject({ comments: 50, ver: 50 })
      expect(new Set(page.items.map((item) => item.id)).size).toBe(50)
    })
  })
}

/** The fields an error names. */
export function fieldsOf(answer: { readonly text: string }): string[] {
  const { error } = JSON.parse(answer.text) as { error?: { details?: { fields?: { field: string }[] } | null } }
  return error?.details?.fields?.map(({ field }) => field) ?? []
}
