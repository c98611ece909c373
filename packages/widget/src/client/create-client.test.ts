import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startConfab } from './confab.fixture.ts'
import { createClient, newKey } from './create-client.ts'
import { ClientError } from './errors.ts'
import type { TestConfab } from './confab.fixture.ts'

let host: TestConfab
beforeAll(async () => {
  host = await startConfab()
})
afterAll(() => host.confab.close())

describe('a client', () => {
  test('writes, reads its write, edits, asks for the texts and deletes', async () => {
    const { client } = host.browser({ pageKey: '/client' })
    const { value: written, ver } = await client.create({ body: 'Hello *there*', guest: { name: 'Ada' } }, newKey())
    expect(written).toMatchObject({
      status: 'published',
      author: { name: 'Ada' },
      html: '<p>Hello <em>there</em></p>\n',
    })
    expect(ver).toBeGreaterThan(0)

    const page = await client.page({ ...(ver !== null && { min: ver }) })
    expect(page.items).toMatchObject([{ id: written.id }])
    expect(await client.counts(['/client', '/other'])).toEqual({ '/client': 1, '/other': 0 })

    const { value: edited } = await client.edit(written.id, { body: 'Better', rev: 1 })
    expect(edited).toMatchObject({ rev: 2, html: '<p>Better</p>\n' })
    expect((await client.revisions(written.id)).map(({ body }) => body).sort()).toEqual(['Better', 'Hello *there*'])

    const me = await client.me()
    expect(me).toMatchObject({ viewer: { role: 'guest', name: 'Ada' }, mine: [{ id: written.id, body: 'Better' }] })

    expect((await client.remove(written.id)).ver).toBeGreaterThan(ver ?? 0)
    expect((await client.page()).items).toEqual([])
  })

  test('writes once, however often it sends', async () => {
    const { client } = host.browser({ pageKey: '/once', user: 'ada' })
    const key = newKey()
    const first = await client.create({ body: 'Once' }, key)
    const second = await client.create({ body: 'Once' }, key)
    expect(second.value.id).toBe(first.value.id)
    expect((await client.page()).items).toHaveLength(1)
  })

  test('gives the newest text with a conflict', async () => {
    const { client } = host.browser({ pageKey: '/conflict', user: 'ada' })
    const { value } = await client.create({ body: 'One' }, newKey())
    await client.edit(value.id, { body: 'Two', rev: 1 })
    const error = await client.edit(value.id, { body: 'Three', rev: 1 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ClientError)
    expect(error).toMatchObject({ code: 'conflict', status: 409, details: { comment: { rev: 2 } } })
  })

  test('turns what the server refuses into one kind of error', async () => {
    const { client } = host.browser({ pageKey: '/errors' })
    await expect(client.create({ body: 'No name' }, newKey())).rejects.toMatchObject({
      code: 'unauthorized',
      status: 401,
    })
    await expect(client.page({ around: '0000000000000000' })).rejects.toMatchObject({ code: 'not_found', status: 404 })
    await expect(client.create({ body: ' ', guest: { name: 'Ada' } }, newKey())).rejects.toMatchObject({
      code: 'invalid',
      requestId: expect.any(String) as string,
    })
  })

  test('keeps to simple requests where nothing private is asked', async () => {
    const seen: Request[] = []
    const { client } = host.browser({ user: 'ada', before: (request) => seen.push(request) })
    await client.page()
    await client.counts(['/page'])
    await client.events(0, 0)
    // Set by the fixture in the place of the browser.
    const own = (request: Request) => [...request.headers.keys()].filter((name) => name !== 'origin')
    expect(seen.map(own)).toEqual([[], [], []])
  })

  const answers: [string, () => Promise<Response>, object][] = [
    ['no answer', () => Promise.reject(new TypeError('fetch failed')), { code: 'offline', status: 0 }],
    [
      'a page of a proxy',
      () => Promise.resolve(new Response('<h1>Bad gateway', { status: 502 })),
      { code: 'unavailable' },
    ],
    ['no JSON', () => Promise.resolve(new Response('<!doctype html>')), { code: 'bad_answer', status: 200 }],
    [
      'a limit',
      () =>
        Promise.resolve(
          Response.json(
            { error: { code: 'rate_limited', message: 'Slow down' } },
            { status: 429, headers: { 'retry-after': '7' } },
          ),
        ),
      { code: 'rate_limited', message: 'Slow down', retryAfterMs: 7000 },
    ],
  ]
  test.each(answers)('understands %s', async (_, fetch, expected) => {
    const client = createClient({ server: 'https://x.example', site: 'blog', pageKey: '/', fetch })
    await expect(client.page()).rejects.toMatchObject(expected)
  })
})

test('a key is long, and never the same', () => {
  const keys = Array.from({ length: 1000 }, newKey)
  expect(new Set(keys).size).toBe(1000)
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{22}$/)
})
