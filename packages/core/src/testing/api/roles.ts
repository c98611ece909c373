import type { ApiTests } from '../api-suite.ts'
import type { Api, Visitor } from './client.ts'

/** A person, and whether they are of the site. Each gets comments of their own first, so that guests have a cookie. */
const roles: { readonly [role: string]: (api: Api) => Visitor } = {
  nobody: (api) => api.guest(),
  guest: (api) => api.guest('Gus'),
  member: (api) => api.user('bob'),
  // What a host may send that means nothing to us.
  stranger: (api) => api.user('zoe', { roles: ['superuser', 'Moderator', 'ADMIN', ''] }),
  author: (api) => api.user('ada'),
  moderator: (api) => api.user('mod', { roles: ['member', 'moderator'] }),
  admin: (api) => api.user('root', { roles: ['admin'] }),
}

interface Act {
  readonly method: string
  readonly path: string
  readonly body?: object
  /** The status for each role; `others` for those that are not named. */
  readonly expected: { readonly [role: string]: number; readonly others: number }
}

const edit = { body: 'changed', rev: 1 }

/** What each role may do with a comment of Ada's in each state, and with her thread. */
const acts: { readonly [state: string]: readonly Act[] } = {
  published: [
    { method: 'GET', path: '', expected: { others: 200 } },
    {
      method: 'GET',
      path: '/revisions',
      expected: { nobody: 401, others: 403, author: 200, moderator: 200, admin: 200 },
    },
    {
      method: 'PATCH',
      path: '',
      body: edit,
      expected: { nobody: 401, others: 403, author: 200, moderator: 200, admin: 200 },
    },
    { method: 'DELETE', path: '', expected: { nobody: 401, others: 403, author: 204, moderator: 204, admin: 204 } },
    {
      method: 'PUT',
      path: '/status',
      body: { status: 'spam' },
      expected: { nobody: 401, others: 403, moderator: 200, admin: 200 },
    },
    {
      method: 'PUT',
      path: '/status',
      body: { status: 'deleted' },
      expected: { nobody: 401, others: 403, moderator: 200, admin: 200 },
    },
  ],
  pending: [
    { method: 'GET', path: '', expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    { method: 'GET', path: '/revisions', expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    { method: 'PATCH', path: '', body: edit, expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    { method: 'DELETE', path: '', expected: { others: 404, author: 204, moderator: 204, admin: 204 } },
    {
      method: 'PUT',
      path: '/status',
      body: { status: 'published' },
      expected: { nobody: 401, others: 403, moderator: 200, admin: 200 },
    },
  ],
  rejected: [
    { method: 'GET', path: '', expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    { method: 'GET', path: '/revisions', expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    // Who was rejected does not get around it by an edit.
    { method: 'PATCH', path: '', body: edit, expected: { others: 404, author: 403, moderator: 200, admin: 200 } },
    { method: 'DELETE', path: '', expected: { others: 404, author: 204, moderator: 204, admin: 204 } },
  ],
  spam: [
    { method: 'GET', path: '', expected: { others: 404, author: 200, moderator: 200, admin: 200 } },
    { method: 'PATCH', path: '', body: edit, expected: { others: 404, author: 403, moderator: 200, admin: 200 } },
  ],
  deleted: [
    { method: 'GET', path: '', expected: { others: 410 } },
    { method: 'PATCH', path: '', body: edit, expected: { others: 410 } },
    { method: 'DELETE', path: '', expected: { others: 410 } },
    {
      method: 'PUT',
      path: '/status',
      body: { status: 'published' },
      expected: { nobody: 401, others: 403, moderator: 410, admin: 410 },
    },
  ],
}

export const roleTests: ApiTests = ({ test, expect, describe }) => {
  describe('who may do what', () => {
    for (const [state, list] of Object.entries(acts)) {
      test(`with a comment that is ${state}`, async (api) => {
        const ada = api.user('ada')
        const moderator = api.moderator()
        for (const [role, person] of Object.entries(roles)) {
          const visitor = person(api)
          if (role !== 'nobody') await visitor.at({ pageKey: '/elsewhere' }).post('mine')
          for (const act of list) {
            const { id } = await ada.post('x')
            // With a reply, so that a comment taken away keeps a place that could be asked about.
            await ada.post('reply', { parent: id })
            if (state !== 'published') {
              await moderator.thread('PUT', `/comments/${id}/status`, { body: { status: state } })
            }
            const before = await ada.page()
            const answer = await visitor.thread(
              act.method,
              `/comments/${id}${act.path}`,
              act.body && { body: act.body },
            )
            const wanted = act.expected[role] ?? act.expected.others
            expect([role, act.method, act.path, answer.status]).toEqual([role, act.method, act.path, wanted])
            if (wanted >= 400) expect(await ada.page()).toEqual(before)
          }
        }
      }, 30_000)
    }

    test('with a thread', async (api) => {
      const ada = api.user('ada')
      await ada.post('x')
      for (const [role, person] of Object.entries(roles)) {
        const visitor = person(api)
        if (role !== 'nobody') await visitor.at({ pageKey: '/elsewhere' }).post('mine')
        for (const body of [{ state: 'locked' }, { state: 'open' }, { title: 'x' }, {}]) {
          const before = await ada.threadView()
          const answer = await visitor.thread('PATCH', '', { body })
          const wanted = role === 'nobody' ? 401 : ['moderator', 'admin'].includes(role) ? 200 : 403
          expect([role, body, answer.status]).toEqual([role, body, wanted])
          if (wanted >= 400) expect(await ada.threadView()).toEqual(before)
        }
      }
    })

    test("a guest's comment is theirs alone, and no member can have a guest's id", async (api) => {
      const guest = api.guest('Ann')
      const { id, author } = await guest.post('x')
      for (const other of [api.guest('Ann'), api.user('ann', { name: 'Ann' })]) {
        await other.at({ pageKey: '/elsewhere' }).post('mine')
        const answer = await other.thread('PATCH', `/comments/${id}`, { body: edit })
        expect(answer.status).toBe(403)
      }
      const impostor = api.user(author?.id ?? '')
      for (const [method, path] of [
        ['GET', '/me'],
        ['DELETE', `/comments/${id}`],
      ] as const) {
        const answer = await impostor.thread(method, path)
        expect([method, answer.status, answer.code]).toEqual([method, 500, 'internal'])
      }
      expect((await guest.page()).items.length).toBe(1)
    })

    test('what a host sends that is no person opens nothing', async (api) => {
      const { id } = await api.user('ada').post('x')
      for (const identity of [
        { id: '' },
        { id: 'x'.repeat(101) },
        { id: 'mod', name: ' ' },
        { id: 'mod', name: '\u202e' },
        { id: 'mod\u0000', name: 'Mod' },
        { id: 7, name: 'Mod' },
        { id: { $ne: null }, name: 'Mod' },
        { id: 'mod', name: ['Mod'] },
        { id: 'mod', name: 'Mod', roles: { moderator: true } },
        { id: 'mod', name: 'Mod', email: { $gt: '' } },
        [],
        'mod',
        7,
        true,
      ]) {
        const headers = { 'x-suite-user': encodeURIComponent(JSON.stringify(identity)) }
        for (const [method, path] of [
          ['GET', '/me'],
          ['DELETE', `/comments/${id}`],
          ['GET', `/comments/${id}/revisions`],
        ] as const) {
          const answer = await api.guest().thread(method, path, { headers })
          expect([identity, method, answer.status, answer.code]).toEqual([identity, method, 500, 'internal'])
        }
      }
      expect((await api.guest().page()).items.length).toBe(1)
    })

    test('a host may send addresses that lead nowhere good, and names that hide', async (api) => {
      const view = await api
        .user('ada', {
          name: ' Ada\u202e\u0000\n Love ',
          avatar: 'javascript:alert(1)',
          website: 'data:text/html,<script>alert(1)</script>',
        })
        .post('x')
      expect(view.author).toEqual({ id: 'ada', name: 'Ada Love', avatar: null, website: null, badges: [] })
      const path = await api.user('bob', { avatar: '/a.png', website: '/bob' }).post('x')
      expect(path.author).toMatchObject({ avatar: '/a.png', website: null })
      const trick = await api.user('eve', { avatar: '//evil.example/a.png' }).post('x')
      expect(trick.author?.avatar).toBe(null)
      const long = await api.user('max', { name: '\u{1f600}'.repeat(80) }).post('x')
      expect(long.author?.name).toBe('\u{1f600}'.repeat(50))
    })
  })
}
