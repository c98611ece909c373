import type { StoreTests } from './fixture.ts'
import { ada, bob, user } from './fixture.ts'

export const userTests: StoreTests = ({ describe, test, expect }) => {
  describe('users', () => {
    test('come in the order asked, with gaps', async ({ store }) => {
      expect(await store.users.get('blog', [bob.id, 'nobody', ada.id, bob.id])).toEqual([bob, null, ada, bob])
      expect(await store.users.get('blog', [])).toEqual([])
    })

    test('keep every field', async ({ store }) => {
      const full = user('blog', 'u-full', 'Full', {
        avatar: '/a.png',
        website: 'https://full.example',
        email: 'full@example.org',
        role: 'moderator',
        at: 1_700_000_000_123,
      })
      const plain = user('blog', 'guest:1', 'Plain', { role: 'guest', at: 0 })
      await store.users.put(full)
      await store.users.put(plain)
      expect(await store.users.get('blog', [full.id, plain.id])).toStrictEqual([full, plain])
    })

    test('are replaced as a whole', async ({ store }) => {
      const bare = user('blog', 'u-eve', 'Eve')
      const rich = user('blog', 'u-eve', 'Eve 2', {
        avatar: '/e.png',
        website: 'https://eve.example',
        email: 'eve@example.org',
        role: 'admin',
        at: 9,
      })
      for (const next of [bare, rich, bare]) {
        await store.users.put(next)
        expect(await store.users.get('blog', ['u-eve'])).toStrictEqual([next])
      }
    })

    test('of the same id on two sites are two people', async ({ store, add, stranger }) => {
      await store.users.put({ ...ada, name: 'Ada of the blog' })
      await store.users.put(user('shop', ada.id, 'Ada of the shop'))
      expect(await store.users.get('shop', [ada.id])).toMatchObject([{ site: 'shop', name: 'Ada of the shop' }])
      expect(await add()).toMatchObject({ author: { name: 'Ada of the blog' } })
      expect(await add({}, stranger)).toMatchObject({ author: { name: 'Ada of the shop' } })
    })
  })
}
