import { createSigner } from '../../engine/signer.ts'
import { issueGuestToken } from '../../features/auth/guest-token.ts'
import { memoryStore } from '../../memory/index.ts'
import type { ApiTests } from '../api-suite.ts'
import type { Answer } from './client.ts'
import { suiteSecret } from './config.ts'

const cookieName = '__Host-confab-open'

export const cookieTests: ApiTests = ({ test, expect, describe }) => {
  describe("a guest's cookie", () => {
    const setCookie = (answer: Answer): string => answer.headers.getSetCookie()[0] ?? ''
    const write = { body: { body: 'x', guest: { name: 'Ann' } } }

    test('is kept from scripts and from other hosts, and set only on writing', async (api) => {
      const guest = api.guest()
      for (const path of ['/comments', '/me', '']) {
        expect((await guest.thread('GET', path)).headers.getSetCookie()).toEqual([])
      }
      const line = setCookie(await guest.thread('POST', '/comments', write))
      const [pair, ...attributes] = line.split('; ')
      expect(pair?.startsWith(`${cookieName}=`)).toBe(true)
      expect(attributes.sort()).toEqual(
        ['HttpOnly', 'Max-Age=31536000', 'Partitioned', 'Path=/', 'SameSite=None', 'Secure'].sort(),
      )
      // Known already: nothing new to remember.
      const again = await guest.thread('POST', '/comments', { body: { body: 'y' } })
      expect(again.headers.getSetCookie()).toEqual([])
      const renamed = await guest.thread('POST', '/comments', { body: { body: 'z', guest: { name: 'Anna' } } })
      expect(renamed.headers.getSetCookie().length).toBe(1)
      expect((await guest.me()).viewer).toMatchObject({ name: 'Anna' })
    })

    test('stays with the page where the page is of the same site', async (api) => {
      const line = setCookie(
        await api.guest().thread('POST', '/comments', { ...write, headers: { 'sec-fetch-site': 'same-site' } }),
      )
      expect(line.includes('SameSite=Lax')).toBe(true)
      expect(line.includes('Partitioned')).toBe(false)
    })

    test('is never in a body', async (api) => {
      const guest = api.guest()
      const posted = await guest.thread('POST', '/comments', write)
      const token = guest.cookies.get(cookieName) ?? ''
      expect(token.length).toBeGreaterThan(20)
      const [, , signature = ''] = token.split('.')
      for (const answer of [posted, await guest.thread('GET', '/me'), await guest.thread('GET', '/comments')]) {
        expect(answer.text.includes(signature)).toBe(false)
      }
    })

    test('made by us for this site is believed, and no other', async (api) => {
      const guest = api.guest()
      const { author } = await guest.post('x')
      const real = guest.cookies.get(cookieName) ?? ''
      const [format = '', payload = '', signature = ''] = real.split('.')
      const id = author?.id ?? ''

      const ours = createSigner(suiteSecret, memoryStore(), () => '')
      const theirs = createSigner(suiteSecret.replace('suite', 'eval'), memoryStore(), () => '')
      const forOpen = await issueGuestToken(ours, 'open', { id, name: 'Guest' })
      const viewerWith = async (token: string): Promise<string | null> => {
        const visitor = api.guest()
        visitor.cookies.set(cookieName, token)
        return (await visitor.me()).viewer?.id ?? null
      }
      // The control: a token made with the right secret for the right site is the real one.
      expect(await viewerWith(forOpen)).toBe(id)

      const flipped = payload.replace(/^./, (char) => (char === 'W' ? 'X' : 'W'))
      const evil = btoa(JSON.stringify(['ada', 'Ada']))
      for (const token of [
        await issueGuestToken(theirs, 'open', { id, name: 'Guest' }),
        await issueGuestToken(ours, 'other', { id, name: 'Guest' }),
        `${format}.${flipped}.${signature}`,
        `${format}.${evil}.${signature}`,
        `${format}.${payload}.${signature.slice(0, -1)}`,
        `${format}.${payload}.${signature}A`,
        `${format}.${payload}.`,
        `${format}.${payload}`,
        `g2.${payload}.${signature}`,
        `${real}.x`,
        `${real} `.repeat(2).trim(),
        '',
        'null',
        'x'.repeat(5000),
        '\u00e9.\u00e9.\u00e9'.replaceAll('\u00e9', '%C3%A9'),
      ]) {
        expect(await viewerWith(token)).toBe(null)
      }
    })

    test('of one site is nothing on another', async (api) => {
      const guest = api.guest()
      await guest.post('x')
      const token = guest.cookies.get(cookieName) ?? ''
      const elsewhere = api.guest().at({ site: 'oldest' })
      elsewhere.cookies.set('__Host-confab-oldest', token)
      elsewhere.cookies.set(cookieName, token)
      expect((await elsewhere.me()).viewer).toBe(null)
    })

    test('among many others is found', async (api) => {
      const guest = api.guest()
      await guest.post('x')
      const token = guest.cookies.get(cookieName) ?? ''
      const me = await api.guest().thread('GET', '/me', {
        headers: { cookie: `a=b; =; ${cookieName}X; x${cookieName}=no; ${cookieName}=${token}; z="q;q"` },
      })
      expect(me.json<{ viewer: unknown }>().viewer).toMatchObject({ name: 'Guest' })
    })
  })
}
