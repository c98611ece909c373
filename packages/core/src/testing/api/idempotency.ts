import type { CommentView } from '../../features/comments/schema.ts'
import type { ApiTests } from '../api-suite.ts'
import type { Answer, Visitor } from './client.ts'
import { newKey } from './client.ts'
import { fieldsOf } from './write.ts'

const day = 24 * 60 * 60_000

export const idempotencyTests: ApiTests = ({ test, expect, describe }) => {
  describe('a repeated request', () => {
    const send = (visitor: Visitor, key: string, body: object): Promise<Answer> =>
      visitor.thread('POST', '/comments', { body, headers: { 'idempotency-key': key } })

    test('fifty at once with one key write one comment and get equal answers', async (api) => {
      for (const [who, guest] of [
        [api.user('ada'), undefined],
        [api.guest(), { name: 'Ann' }],
      ] as const) {
        const key = newKey()
        const before = (await who.threadView()).comments
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => send(who, key, { body: 'once', ...(guest && { guest }) })),
        )
        expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201))
        expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
        expect((await who.page()).thread.comments).toBe(before + 1)
      }
    })

    test('gets the comment as it is now', async (api) => {
      const ada = api.user('ada')
      const key = newKey()
      const { id } = (await send(ada, key, { body: 'one' })).json<CommentView>()
      await ada.thread('PATCH', `/comments/${id}`, { body: { body: 'two', rev: 1 } })
      const again = await send(ada, key, { body: 'one' })
      expect(again.json<CommentView>()).toMatchObject({ id, rev: 2, html: '<p>two</p>\n' })
    })

    test('of a guest whose first answer was lost finds the comment and the same guest', async (api) => {
      const key = newKey()
      const body = { body: 'hello', guest: { name: 'Ann' } }
      // The answer and its cookie never arrived.
      const lost = await send(api.guest(), key, body)
      const first = lost.json<CommentView>()

      const guest = api.guest()
      const again = await send(guest, key, body)
      expect([again.status, again.json<CommentView>()]).toEqual([201, first])
      expect((await guest.me()).mine).toMatchObject([{ id: first.id, body: 'hello' }])
      const edited = await guest.thread('PATCH', `/comments/${first.id}`, { body: { body: 'mine', rev: 1 } })
      expect(edited.status).toBe(200)
      expect((await guest.page()).thread.comments).toBe(1)
    })

    test('with the cookie of another guest finds the comment, which stays the first guest’s', async (api) => {
      const key = newKey()
      const body = { body: 'hello', guest: { name: 'Ann' } }
      const first = (await send(api.guest(), key, body)).json<CommentView>()
      const other = api.guest('Bob')
      await other.at({ pageKey: '/elsewhere' }).post('earlier')
      const cookies = new Map(other.cookies)
      const again = await send(other, key, body)
      expect(again.json<CommentView>()).toMatchObject({ id: first.id, author: first.author })
      expect(other.cookies).toEqual(cookies)
      expect((await other.me()).mine).toEqual([])
      const edit = await other.thread('PATCH', `/comments/${first.id}`, { body: { body: 'x', rev: 1 } })
      expect(edit.status).toBe(403)
      expect((await other.page()).thread.comments).toBe(1)
    })

    test('waiting for approval is found again, also without the cookie', async (api) => {
      const key = newKey()
      const body = { body: 'hello', guest: { name: 'Ann' } }
      const first = await send(api.guest().at({ site: 'queue' }), key, body)
      const again = await send(api.guest().at({ site: 'queue' }), key, body)
      expect([first.status, again.status]).toEqual([202, 202])
      expect(again.json()).toEqual(first.json())
    })

    test('with other content is refused, and nothing changes', async (api) => {
      const ada = api.user('ada')
      const key = newKey()
      const { id } = (await send(ada, key, { body: 'one' })).json<CommentView>()
      const root = await ada.post('root')
      const before = await ada.page()
      for (const [who, body] of [
        [ada, { body: 'two' }],
        [ada, { body: 'one', parent: id }],
        [ada, { body: 'one', parent: root.id }],
      ] as const) {
        const answer = await send(who, key, body)
        expect([answer.status, answer.code]).toEqual([422, 'key_reused'])
      }
      expect(await ada.page()).toEqual(before)
    })

    test('of somebody else, or on another page, is their own', async (api) => {
      const key = newKey()
      const body = { body: 'same words' }
      const places = [api.user('ada'), api.user('bob'), api.user('ada').at({ pageKey: '/elsewhere' })]
      const answers = await Promise.all(places.map((place) => send(place, key, body)))
      expect(new Set(answers.map((answer) => answer.json<CommentView>().id)).size).toBe(3)
    })

    test('is a new one when the key is older than a day', async (api) => {
      const ada = api.user('ada')
      const key = newKey()
      const first = (await send(ada, key, { body: 'x' })).json<CommentView>()
      await api.lever('clock', { ms: 2 * day })
      await api.lever('prune')
      const second = (await send(ada, key, { body: 'x' })).json<CommentView>()
      expect(first.id === second.id).toBe(false)
    })

    test('needs a key that nobody guesses', async (api) => {
      const ada = api.user('ada')
      for (const key of [
        'short',
        'x'.repeat(129),
        'with spaces and more',
        'semi;colon;semi;colon',
        '"quoted-key-quoted"',
      ]) {
        const answer = await send(ada, key, { body: 'x' })
        expect([answer.status, fieldsOf(answer)]).toEqual([400, ['Idempotency-Key']])
      }
      expect((await ada.page()).thread.ver).toBe(0)
      for (const key of ['x'.repeat(16), 'x'.repeat(128)])
        expect((await send(ada, key, { body: 'x' })).status).toBe(201)
    })
  })
}
