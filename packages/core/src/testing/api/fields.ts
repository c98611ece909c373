import type { ApiTests } from '../api-suite.ts'
import type { Query } from './client.ts'
import { toSearch } from './client.ts'
import { fieldsOf } from './write.ts'

const long = (length: number): string => 'x'.repeat(length)

/** Every field of every body, wrong once in each way: the field as it must be named, and a body that has it wrong. */
const wrongBodies: readonly (readonly [method: string, path: string, cases: readonly (readonly [string, object])[]])[] =
  [
    [
      'POST',
      '/comments',
      [
        ['body', {}],
        ['body', { body: '' }],
        ['body', { body: ' \n\t ' }],
        ['body', { body: '\u200b\u2060\ufeff' }],
        ['body', { body: '\u0000\u0007' }],
        ['body', { body: long(10_001) }],
        ['parent', { body: 'x', parent: '' }],
        ['parent', { body: 'x', parent: 'not-an-id' }],
        ['parent', { body: 'x', parent: long(16) }],
        ['parent', { body: 'x', parent: '0'.repeat(17) }],
        ['url', { body: 'x', url: '' }],
        ['url', { body: 'x', url: '/hello' }],
        ['url', { body: 'x', url: 'javascript:alert(1)' }],
        ['url', { body: 'x', url: 'data:text/html,x' }],
        ['url', { body: 'x', url: 'mailto:a@b.example' }],
        ['url', { body: 'x', url: 'https://user:pass@pages.example/' }],
        ['url', { body: 'x', url: ' https://pages.example/' }],
        ['url', { body: 'x', url: 'java\nscript:alert(1)' }],
        ['url', { body: 'x', url: `https://pages.example/${long(2000)}` }],
        ['title', { body: 'x', title: long(301) }],
        ['guest', { body: 'x', guest: 'Ann' }],
        ['guest.name', { body: 'x', guest: {} }],
        ['guest.name', { body: 'x', guest: { name: '' } }],
        ['guest.name', { body: 'x', guest: { name: '\u202e\u200b ' } }],
        ['guest.name', { body: 'x', guest: { name: long(61) } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: '' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: 'ann' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: 'ann@host' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: 'a@b.example, c@d.example' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: 'a@b.example\r\nBcc: c@d.example' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: '"a b"@b.example' } }],
        ['guest.email', { body: 'x', guest: { name: 'Ann', email: `${long(250)}@b.example` } }],
        ['guest.website', { body: 'x', guest: { name: 'Ann', website: 'javascript:alert(1)' } }],
        ['guest.website', { body: 'x', guest: { name: 'Ann', website: 'ann.example' } }],
        ['guest.website', { body: 'x', guest: { name: 'Ann', website: "https://ann.example/' onclick='x" } }],
        ['wat', { body: 'x', wat: 1 }],
      ],
    ],
    [
      'PATCH',
      '/comments/{comment}',
      [
        ['body', { rev: 1 }],
        ['body', { rev: 1, body: ' ' }],
        ['body', { rev: 1, body: long(10_001) }],
        ['rev', { body: 'y' }],
        ['rev', { body: 'y', rev: 0 }],
        ['rev', { body: 'y', rev: -1 }],
        ['rev', { body: 'y', rev: 1.5 }],
        ['rev', { body: 'y', rev: '1' }],
        ['rev', { body: 'y', rev: 1e300 }],
        ['wat', { body: 'y', rev: 1, wat: 1 }],
      ],
    ],
    [
      'PUT',
      '/comments/{comment}/status',
      [
        ['status', {}],
        ['status', { status: '' }],
        ['status', { status: 'Published' }],
        ['status', { status: 'approved' }],
        ['status', { status: 'constructor' }],
        ['reason', { status: 'spam', reason: long(501) }],
        ['wat', { status: 'spam', wat: 1 }],
      ],
    ],
    [
      'PATCH',
      '',
      [
        ['state', { state: 'closed' }],
        ['state', { state: null }],
        ['title', { title: long(301) }],
        ['url', { url: 'ftp://pages.example' }],
        ['url', { url: '//pages.example' }],
        ['wat', { wat: 1 }],
      ],
    ],
  ]

/** Every parameter of every address, wrong once in each way. */
const wrongQueries: readonly (readonly [path: string, cases: readonly (readonly [string, Query])[]])[] = [
  [
    '/v1/threads/-/comments',
    [
      ['sort', { sort: 'best' }],
      ['sort', { sort: '' }],
      ['sort', { sort: ['newest', 'oldest'] }],
      ['limit', { limit: 0 }],
      ['limit', { limit: 51 }],
      ['limit', { limit: -1 }],
      ['limit', { limit: '' }],
      ['limit', { limit: '1.5' }],
      ['limit', { limit: 'ten' }],
      ['limit', { limit: '1e999' }],
      ['limit', { limit: ['1', '2'] }],
      ['after', { after: 'x' }],
      ['before', { before: 'x' }],
      ['around', { around: 'x' }],
      ['parent', { parent: 'x' }],
      ['parent', { parent: '' }],
      ['min', { min: -1 }],
      ['min', { min: 'x' }],
      ['flat', { flat: 1 }],
      ['site[$ne]', { 'site[$ne]': 'x' }],
      ['pageKey[]', { 'pageKey[]': 'x' }],
    ],
  ],
  ['/v1/threads/-', [['wat', { wat: 1 }]]],
  ['/v1/threads/-/me', [['wat', { wat: 1 }]]],
  ['/v1/threads/-/comments/{comment}', [['wat', { wat: 1 }]]],
  ['/v1/threads/-/comments/{comment}/revisions', [['wat', { wat: 1 }]]],
  ['/v1/threads/-/events', [['wat', { wat: 1 }]]],
  [
    '/v1/counts',
    [
      ['wat', { site: 'open', pageKey: '/a', wat: 1 }],
      ['site', { pageKey: '/a', site: ['open', 'open'] }],
    ],
  ],
  [
    '/v1/sites/open/comments',
    [
      ['limit', { limit: 101 }],
      ['after', { after: 'x' }],
      ['after', { after: '0'.repeat(17) }],
      ['site', { site: 'other' }],
      ['wat', { wat: 1 }],
    ],
  ],
]

const wrongPlaces: readonly (readonly [field: string, query: Query])[] = [
  ['site', { pageKey: '/hello' }],
  ['site', { pageKey: '/hello', site: '' }],
  ['site', { pageKey: '/hello', site: 'Open' }],
  ['site', { pageKey: '/hello', site: '../open' }],
  ['site', { pageKey: '/hello', site: long(65) }],
  ['site', { pageKey: '/hello', site: ['open', 'other'] }],
  ['pageKey', { site: 'open' }],
  ['pageKey', { site: 'open', pageKey: '' }],
  ['pageKey', { site: 'open', pageKey: long(501) }],
  ['pageKey', { site: 'open', pageKey: '/a\u0000' }],
  ['pageKey', { site: 'open', pageKey: '/a\r\nb' }],
  ['pageKey', { site: 'open', pageKey: ['/a', '/b'] }],
]

export const fieldTests: ApiTests = ({ test, expect, describe }) => {
  describe('a wrong field', () => {
    test('of a body is named, and nothing is written', async (api) => {
      const moderator = api.moderator()
      const { id } = await moderator.post('x')
      const before = await moderator.page()
      for (const [method, path, cases] of wrongBodies) {
        for (const [field, body] of cases) {
          const answer = await moderator.thread(method, path.replace('{comment}', id), { body })
          expect([method, body, answer.status, answer.code]).toEqual([method, body, 400, 'invalid'])
          expect([body, fieldsOf(answer)]).toEqual([body, [field]])
          const { error } = answer.json<{ error: { message: string; requestId: string } }>()
          expect([error.message.startsWith(`\`${field}\` `), error.requestId === '']).toEqual([true, false])
        }
      }
      expect(await moderator.page()).toEqual(before)
      expect((await moderator.me()).mine.length).toBe(1)
    })

    test('of an address is named', async (api) => {
      const { id } = await api.user('ada').post('x')
      for (const [path, cases] of wrongQueries) {
        for (const [field, wrong] of cases) {
          const place = path.includes('/threads/') ? { site: 'open', pageKey: '/hello' } : {}
          const answer = await api
            .moderator()
            .send('GET', path.replace('{comment}', id), { query: { ...place, ...wrong } })
          expect([path, wrong, answer.status, fieldsOf(answer)]).toEqual([path, wrong, 400, [field]])
        }
      }
    })

    test('that should say which page is meant is named on every road, and nothing is written', async (api) => {
      const moderator = api.moderator()
      const { id } = await moderator.post('x')
      const before = await moderator.page()
      for (const [method, path, body] of [
        ['GET', '/comments', undefined],
        ['POST', '/comments', { body: 'y' }],
        ['GET', `/comments/${id}`, undefined],
        ['PATCH', `/comments/${id}`, { body: 'y', rev: 1 }],
        ['DELETE', `/comments/${id}`, undefined],
        ['GET', `/comments/${id}/revisions`, undefined],
        ['PUT', `/comments/${id}/status`, { status: 'spam' }],
        ['GET', '', undefined],
        ['PATCH', '', { state: 'locked' }],
        ['GET', '/me', undefined],
        ['GET', '/events', undefined],
      ] as const) {
        for (const [field, query] of wrongPlaces) {
          const answer = await moderator.send(method, `/v1/threads/-${path}${toSearch(query)}`, body && { body })
          expect([method, path, query, answer.status]).toEqual([method, path, query, 400])
          expect([query, fieldsOf(answer)]).toEqual([query, [field]])
        }
      }
      expect(await moderator.page()).toEqual(before)
    })

    test('beside others is named with them', async (api) => {
      const body = { body: '', parent: 'x', guest: { name: '', email: 'x' }, wat: 1 }
      const answer = await api.guest().thread('POST', '/comments', { body })
      expect(fieldsOf(answer).sort()).toEqual(['body', 'guest.email', 'guest.name', 'parent', 'wat'])
    })
  })
}
