import type { ApiTests } from '../api-suite.ts'

export const meTests: ApiTests = ({ test, expect, describe }) => {
  describe('me', () => {
    test('is nobody without a session, and says what a guest must give', async (api) => {
      const nobody = { viewer: null, mine: [], pending: [] }
      const can = { comment: true, moderate: false }
      expect(await api.guest().me()).toEqual({ ...nobody, can, guest: { email: false } })
      expect(await api.guest().at({ site: 'mail' }).me()).toEqual({ ...nobody, can, guest: { email: true } })
      const closed = { ...nobody, can: { comment: false, moderate: false }, guest: null }
      expect(await api.guest().at({ site: 'members' }).me()).toEqual(closed)
    })

    test('is the guest of this browser, with what they wrote here', async (api) => {
      const guest = api.guest('Ann')
      const first = await guest.post('*first*')
      await guest.at({ pageKey: '/elsewhere' }).post('elsewhere')
      await api.guest('Ann').post('of another Ann')
      const { viewer, can, guest: needs, mine, pending } = await guest.me()
      expect(viewer).toEqual({ id: first.author?.id, name: 'Ann', avatar: null, role: 'guest' })
      // Known already: nothing more to give.
      expect([can, needs, pending]).toEqual([{ comment: true, moderate: false }, null, []])
      expect(mine).toEqual([
        {
          id: first.id,
          status: 'published',
          rev: 1,
          body: '*first*',
          editableUntil: first.createdAt + 30 * 60_000,
          deletable: true,
        },
      ])
    })

    test('is a member by the session of the host, whatever cookies there are', async (api) => {
      const guest = api.guest('Ann')
      await guest.post('as a guest')
      const member = await api.user('ada', { name: 'Ada', avatar: 'https://pages.example/a.png' }).me()
      expect(member).toMatchObject({
        viewer: { id: 'ada', name: 'Ada', avatar: 'https://pages.example/a.png', role: 'member' },
        can: { comment: true, moderate: false },
        guest: null,
        mine: [],
      })
    })

    test('is a moderator where the host says so', async (api) => {
      const { id } = await api.moderator().post('x')
      const me = await api.moderator().me()
      expect(me).toMatchObject({ viewer: { role: 'moderator' }, can: { comment: true, moderate: true } })
      expect(me.mine).toMatchObject([{ id, editableUntil: Number.MAX_SAFE_INTEGER }])
    })

    test('shows what waits for approval to its author alone', async (api) => {
      const ada = api.user('ada').at({ site: 'queue' })
      const { id } = await ada.post('please')
      const me = await ada.me()
      expect(me.pending).toMatchObject([{ id, status: 'pending', html: '<p>please</p>\n', author: { id: 'ada' } }])
      expect(me.mine).toMatchObject([{ id, status: 'pending', body: 'please' }])
      for (const other of [api.user('bob'), api.guest()]) {
        const theirs = await other.at({ site: 'queue' }).me()
        expect([theirs.mine, theirs.pending]).toEqual([[], []])
      }
    })

    test('is never kept by a cache', async (api) => {
      const answer = await api.user('ada').thread('GET', '/me')
      expect(answer.headers.get('cache-control')).toBe('private, no-store')
    })
  })
}
