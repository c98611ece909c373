import type { ApiTests } from '../api-suite.ts'
import type { Answer } from './client.ts'
import { fieldsOf } from './write.ts'

/** A body from a collection of JSON texts. */
export interface JsonBody {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether it is JSON; `null`: parsers differ. */
  readonly valid: boolean | null
}

const limit = 64 * 1024

export function bodyTests(jsonBodies: readonly JsonBody[]): ApiTests {
  return ({ test, expect, describe }) => {
    describe('a body', () => {
      const asJson = { 'content-type': 'application/json' }

      test('counts in bytes really sent, whatever is said about its length', async (api) => {
        const ada = api.user('ada')
        const post = (raw: BodyInit): Promise<Answer> => ada.thread('POST', '/comments', { raw, headers: asJson })
        const padded = (size: number): string => {
          const text = '{"body":"x"}'
          return text + ' '.repeat(size - text.length)
        }
        expect((await post(padded(limit))).status).toBe(201)
        expect((await post(streamOf(padded(limit), 1000))).status).toBe(201)
        for (const raw of [padded(limit + 1), streamOf(padded(limit + 1), 1000), streamOf(padded(3 * limit), limit)]) {
          const answer = await post(raw)
          expect([answer.status, answer.code]).toEqual([413, 'too_large'])
        }
        expect((await ada.page()).thread.comments).toBe(2)
      })

      test('may hold the longest text in the widest script, and one character more is named', async (api) => {
        const ada = api.user('ada')
        const { id } = await ada.post('\u6587'.repeat(10_000))
        expect((await ada.me()).mine[0]).toMatchObject({ id, body: '\u6587'.repeat(10_000) })
        const answer = await ada.thread('POST', '/comments', { body: { body: '\u6587'.repeat(10_001) } })
        expect([answer.status, fieldsOf(answer)]).toEqual([400, ['body']])
      })

      test('that is no object of JSON is refused', async (api) => {
        const ada = api.user('ada')
        const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`
        const texts = [
          ...['', ' ', '{', '}', '{"body":"x"', '{"body":"x"}}', "{'body':'x'}", '{"body":"x",}', '{body:"x"}', 'x'],
          ...['null', 'true', '1', '"x"', '[]', '[{"body":"x"}]', 'NaN', '{"body":NaN}', '\u0000', '{"body":"\u0001"}'],
          ...[deep(17), deep(500), '['.repeat(60_000), '{"a":'.repeat(10_000), '{"body":"x"}{"body":"y"}', '// x'],
        ]
        for (const raw of texts) {
          const answer = await ada.thread('POST', '/comments', { raw, headers: asJson })
          expect([raw.slice(0, 20), answer.status, answer.code]).toEqual([raw.slice(0, 20), 400, 'invalid'])
          expect(fieldsOf(answer)).toEqual(['body'])
        }
        const bytes = [
          [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00],
          [0x7b, 0x22, 0x62, 0x6f, 0x64, 0x79, 0x22, 0x3a, 0x22, 0xc3, 0x22, 0x7d],
          [0x7b, 0x22, 0x62, 0x6f, 0x64, 0x79, 0x22, 0x3a, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d],
          [0xc0, 0xae],
        ]
        for (const raw of bytes) {
          const answer = await ada.thread('POST', '/comments', { raw: new Uint8Array(raw), headers: asJson })
          expect([answer.status, fieldsOf(answer)]).toEqual([400, ['body']])
        }
        expect((await ada.page()).thread.ver).toBe(0)
      })

      test('with lone surrogates and escapes is stored well-formed', async (api) => {
        const ada = api.user('ada')
        const raw = '{"body":"a\\ud800b\\u0000c\\udc00\\ud83d\\ude00"}'
        const answer = await ada.thread('POST', '/comments', { raw, headers: asJson })
        expect(answer.status).toBe(201)
        expect((await ada.me()).mine[0]?.body).toBe('a\ufffdbc\ufffd\u{1f600}')
      })

      if (jsonBodies.length > 0) {
        test(`of ${jsonBodies.length} collected JSON texts never does harm`, async (api) => {
          const ada = api.user('ada')
          for (const { name, bytes, valid } of jsonBodies) {
            const answer = await ada.thread('POST', '/comments', { raw: bytes, headers: asJson })
            // Valid JSON that is no comment is refused as well.
            const wanted = bytes.length > limit ? 413 : 400
            expect([name, answer.status]).toEqual([name, valid === false || answer.status >= 300 ? wanted : 201])
          }
          expect((await ada.page()).thread.comments).toBe(0)
        }, 60_000)
      }

      test('with queries of a database in place of values is refused', async (api) => {
        const ada = api.user('ada')
        const { id } = await ada.post('x')
        const before = await ada.page()
        const values = [
          { $ne: null },
          { $gt: '' },
          { $where: 'sleep(1000)' },
          { $regex: '.*' },
          { $in: [id] },
          { _bsontype: 'ObjectId', id: 'x' },
          [],
          ['x'],
          [[]],
          {},
          0,
          1.5,
          true,
          null,
        ]
        const routes = [
          ['POST', '/comments', { body: 'y' }, ['body', 'url', 'title', 'guest', 'parent']],
          ['POST', '/comments', { body: 'y', guest: { name: 'z' } }, ['guest.name', 'guest.email', 'guest.website']],
          ['PATCH', `/comments/${id}`, { body: 'y', rev: 7 }, ['body', 'rev']],
          ['PUT', `/comments/${id}/status`, { status: 'published' }, ['status', 'reason']],
          ['PATCH', '', {}, ['state', 'title', 'url']],
        ] as const
        const moderator = api.moderator()
        for (const [method, path, body, fields] of routes) {
          for (const field of fields) {
            for (const value of values) {
              const isAllowed = value === null && (field === 'parent' || (path === '' && field !== 'state'))
              if (isAllowed || (field === 'rev' && value === 1)) continue
              const answer = await moderator.thread(method, path, { body: withField(body, field, value) })
              const named = fieldsOf(answer).every((name) => name === field || name.startsWith(`${field}.`))
              expect([field, value, answer.status, named]).toEqual([field, value, 400, true])
            }
          }
        }
        expect(await ada.page()).toEqual(before)
      }, 30_000)

      test('may not bring fields of its own', async (api) => {
        const ada = api.user('ada')
        const { id } = await ada.post('x')
        const before = await ada.page()
        const routes = [
          ['POST', '/comments', { body: 'y' }],
          ['PATCH', `/comments/${id}`, { body: 'y', rev: 1 }],
          ['PUT', `/comments/${id}/status`, { status: 'published' }],
          ['PATCH', '', { state: 'open' }],
        ] as const
        for (const [method, path, body] of routes) {
          for (const field of unknownFields.filter((name) => !Object.hasOwn(body, name))) {
            if (method === 'POST' && ['parent', 'url', 'title'].includes(field)) continue
            if (path === '' && ['url', 'title'].includes(field)) continue
            if (path.endsWith('/status') && field === 'reason') continue
            const raw = JSON.stringify(body).replace(/}$/, `,${JSON.stringify(field)}:"x"}`)
            const answer = await api.moderator().thread(method, path, { raw, headers: asJson })
            expect([method, field, answer.status, fieldsOf(answer)]).toEqual([method, field, 400, [field]])
          }
        }
        const nested = await ada.thread('POST', '/comments', {
          body: { body: 'y', guest: { name: 'z', role: 'admin' } },
        })
        expect([nested.status, fieldsOf(nested)]).toEqual([400, ['guest.role']])
        expect(await ada.page()).toEqual(before)
      }, 30_000)

      test('of ten thousand wrong fields gets a short answer', async (api) => {
        const many = JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}`, 0])))
        const answer = await api.user('ada').thread('POST', '/comments', { raw: many, headers: asJson })
        expect(answer.status).toBe(400)
        expect(answer.text.length).toBeLessThanOrEqual(8_000)
        const long = JSON.stringify({ ['x'.repeat(60_000)]: 0 })
        const other = await api.user('ada').thread('POST', '/comments', { raw: long, headers: asJson })
        expect([other.status, other.text.length < 8_000]).toEqual([400, true])
      })

      test('cannot reach the prototypes of the server', async (api) => {
        const moderator = api.moderator()
        const { id } = await moderator.post('x')
        const gifts = [
          '"__proto__":{"polluted":true}',
          '"constructor":{"prototype":{"polluted":true}}',
          '"prototype":{"polluted":true}',
          '"__proto__.polluted":true',
          '"guest":{"name":"z","__proto__":{"polluted":true}}',
        ]
        for (const [method, path, body] of [
          ['POST', '/comments', '"body":"y"'],
          ['PATCH', `/comments/${id}`, '"body":"y","rev":1'],
          ['PUT', `/comments/${id}/status`, '"status":"published"'],
          ['PATCH', '', '"state":"open"'],
        ] as const) {
          for (const gift of gifts) {
            for (const raw of [`{${body},${gift}}`, `{${gift},${body}}`, `{${gift}}`]) {
              const answer = await moderator.thread(method, path, { raw, headers: asJson })
              expect([raw, answer.status]).toEqual([raw, 400])
            }
          }
        }
        for (const name of ['__proto__', 'constructor', '__proto__[polluted]', '__proto__.polluted', 'toString']) {
          for (const path of ['/comments', '', '/me', '/events', `/comments/${id}`]) {
            const answer = await moderator.thread('GET', path, { query: { [name]: 'true', wait: undefined } })
            expect([name, path, answer.status, fieldsOf(answer)]).toEqual([name, path, 400, [name]])
          }
        }
        const strange = moderator.at({ pageKey: '__proto__' })
        await strange.post('a page may be called like this')
        expect((await strange.page()).thread.comments).toBe(1)
        expect(await api.lever('polluted')).toEqual({ polluted: null, keys: [] })
      })
    })
  }
}

/** Names of things a client has no say in, from our own records and from what others use. */
const unknownFields = [
  ...['id', '_id', 'thread', 'site', 'siteId', 'pageKey', 'root', 'path', 'depth', 'replyTo', 'author', 'authorId'],
  ...['user', 'userId', 'name', 'role', 'roles', 'isAdmin', 'admin', 'moderator', 'badges', 'email', 'status', 'state'],
  ...['visible', 'approved', 'html', 'source', 'text', 'up', 'down', 'votes', 'score', 'replies', 'descendants'],
  ...['pinned', 'createdAt', 'editedAt', 'at', 'ver', 'key', 'hash', 'erase', 'imported', 'silent', 'ifRev', 'op'],
  ...['by', 'reason', 'parent', 'url', 'title', '$set', '$where', 'Body', 'body ', '', '\u0000', 'toString', 'then'],
]

function withField(body: object, field: string, value: unknown): object {
  const [first = '', second] = field.split('.')
  const held: unknown = Object.entries(body).find(([name]) => name === first)?.[1]
  return { ...body, [first]: second === undefined ? value : { ...(held as object), [second]: value } }
}

function streamOf(text: string, chunk: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close()
      else controller.enqueue(bytes.slice(at, (at += chunk)))
    },
  })
}
