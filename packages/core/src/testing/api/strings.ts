import type { ApiTests } from '../api-suite.ts'
import { cleanLine, cleanText, isBlank } from '../../text/clean.ts'
import type { CommentView } from '../../features/comments/schema.ts'

/** Texts that programs stumble over. */
const traps: readonly string[] = [
  ...['\u0000', '\u001b[31mred', '\r\nSet-Cookie: a=b', '\u2028\u2029', '\u00a0', '\u200b', '\ufeff', '\uffff'],
  ...[
    '\u202eevil',
    '\u2066x\u2069',
    'e\u0301',
    '\u1100\u1161',
    `Z${'\u0300'.repeat(200)}`,
    '\u{e0001}',
    '\u{1f468}\u200d\u{1f469}',
  ],
  ...['\u0628\u200c\u0627', '\u0915\u094d\u200d\u0937', '\ud800', 'a\udc00b', '\u{10ffff}', '\ufdfa'.repeat(50)],
  ...["'; DROP TABLE comments; --", '"', '`', '\\', '%', '%00', '${7*7}', '{{7*7}}', '<%= 7 %>', '$1', '\\u0000'],
  ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', 'true', '0', '-1', '1e309', '[object Object]', '[]'],
  ...['<script>alert(1)</script>', 'javascript:alert(1)', '](x)', '](javascript:x)', '[x]: y', '    code', '- ', '> '],
  ...['/../../etc/passwd', 'C:\\', 'a/b?c#d', '.', '..', '-', '*', ' lead', 'trail ', 'a'.repeat(500)],
]

export function stringTests(more: readonly string[]): ApiTests {
  const strings = [...new Set([...traps, ...more])]
  return ({ test, expect, describe }) => {
    describe(`${strings.length} awkward texts`, () => {
      test('in any field do no harm', async (api) => {
        const bodies: readonly ((text: string) => object)[] = [
          (text) => ({ body: text }),
          (text) => ({ body: 'x', title: text }),
          (text) => ({ body: 'x', url: text }),
          (text) => ({ body: 'x', parent: text }),
          (text) => ({ body: 'x', guest: { name: text } }),
          (text) => ({ body: 'x', guest: { name: 'Ann', email: text } }),
          (text) => ({ body: 'x', guest: { name: 'Ann', website: text } }),
        ]
        for (const [at, text] of strings.entries()) {
          const guest = api.guest().at({ pageKey: `/${at}` })
          const statuses: number[] = []
          for (const bodyOf of bodies) {
            const body = { guest: { name: 'Ann' }, ...bodyOf(text) }
            statuses.push((await guest.thread('POST', '/comments', { body })).status)
          }
          const { site } = guest
          for (const query of [
            { site, pageKey: text },
            { site: text, pageKey: '/a' },
            { site, pageKey: '/a', sort: text },
            { site, pageKey: '/a', after: text },
            { site, pageKey: '/a', around: text },
            { site, pageKey: '/a', limit: text },
          ]) {
            statuses.push((await guest.send('GET', '/v1/threads/-/comments', { query })).status)
          }
          expect([text, statuses.every((status) => [200, 201, 400, 404, 422].includes(status))]).toEqual([text, true])
          expect((await guest.thread('GET', '/comments')).status).toBe(200)
          expect((await guest.thread('GET', '/me')).status).toBe(200)
        }
        expect(await api.lever('polluted')).toEqual({ polluted: null, keys: [] })
      }, 60_000)

      test('come back as they are documented, or are refused', async (api) => {
        for (const [at, text] of strings.entries()) {
          const guest = api.guest().at({ pageKey: `/${at}` })
          const body = { body: `> ${text}\n\nx ${text}`, title: text, guest: { name: 'Ann' } }
          const posted = await guest.thread('POST', '/comments', { body })
          if (posted.status !== 201) {
            expect([text, posted.status, text.length > 100]).toEqual([text, 400, true])
            continue
          }
          expect((await guest.me()).mine[0]?.body).toBe(cleanText(body.body))
          expect((await guest.threadView()).title).toBe(cleanLine(text))
          const named = api.guest().at({ pageKey: `/names/${at}` })
          const answer = await named.thread('POST', '/comments', { body: { body: 'x', guest: { name: text } } })
          const isName = !isBlank(cleanLine(text)) && text.length <= 60 && cleanLine(text).length <= 60
          expect([text, answer.status]).toEqual([text, isName ? 201 : 400])
          if (isName) expect(answer.json<CommentView>().author?.name).toBe(cleanLine(text))
        }
      }, 60_000)
    })
  }
}
