import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ConfabConfig } from './config.ts'
import type { Confab } from './create.ts'
import { createConfab } from './create.ts'
import { sharedPages } from './engine/reader.fixture.ts'
import type { CommentsPageView, CommentView } from './features/comments/schema.ts'
import { memoryPubSub, memoryStore } from './memory/index.ts'
import type { EventRow, Store } from './ports/index.ts'
import { silentLogger } from './testing/api/config.ts'
import { bodyText } from './testing/api/client.ts'

const origin = 'https://blog.example.org'
const page = { site: 'blog', pageKey: '/hello' }
const path = '/v1/threads/-/comments?site=blog&pageKey=/hello'
const open: Confab[] = []

afterEach(async () => {
  for (const confab of open.splice(0)) await confab.close()
})

function confabOf(config: Partial<ConfabConfig> = {}): Confab {
  const confab = createConfab({
    store: memoryStore(),
    sites: [{ id: 'blog', origins: [origin] }],
    logger: silentLogger,
    ...config,
  })
  open.push(confab)
  return confab
}

async function post(
  confab: Pick<Confab, 'fetch'>,
  headers: { [name: string]: string } = {},
  at = path,
): Promise<Response> {
  return confab.fetch(
    new Request(`https://api.example${at}`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ body: 'Hello', guest: { name: 'Ann' } }),
    }),
  )
}

async function read(confab: Pick<Confab, 'fetch'>, at = path): Promise<CommentsPageView> {
  const response = await confab.fetch(new Request(`https://api.example${at}`))
  return JSON.parse(await bodyText(response)) as CommentsPageView
}

describe('mounted', () => {
  test('under a path, by itself or in the router of a host', async () => {
    const alone = confabOf({ basePath: '/comments' })
    expect((await post(alone, {}, `/comments${path}`)).status).toBe(201)
    expect((await read(alone, `/comments${path}`)).items).toHaveLength(1)
    expect((await alone.fetch(new Request(`https://api.example${path}`))).status).toBe(404)

    const mounted = confabOf()
    const host = new Hono().route('/talk/here', mounted.router)
    host.get('/', (c) => c.text('the host'))
    const asFetch = { fetch: (request: Request) => host.fetch(request) }
    expect((await post(asFetch, {}, `/talk/here${path}`)).status).toBe(201)
    expect((await read(asFetch, `/talk/here${path}`)).items).toHaveLength(1)
    expect(await (await host.request('/')).text()).toBe('the host')
  })

  test('serves the files of the widget, packed where that is wanted', async () => {
    const body = 'console.log("hello")\n'.repeat(20)
    const type = 'text/javascript; charset=utf-8'
    const confab = confabOf({
      assets: { 'embed.js': { type, body, immutable: false }, 'a-1.js': { type, body, immutable: true } },
    })
    const get = async (name: string, headers = {}): Promise<Response> =>
      confab.fetch(new Request(`https://api.example/${name}`, { headers }))
    const plain = await get('embed.js')
    expect([plain.status, plain.headers.get('content-type'), await plain.text()]).toEqual([200, type, body])
    expect(plain.headers.get('cache-control')).toContain('max-age=300')
    const packed = await get('a-1.js', { 'accept-encoding': 'gzip, br' })
    expect([packed.headers.get('content-encoding'), await bodyText(packed)]).toEqual(['gzip', body])
    expect(packed.headers.get('cache-control')).toContain('immutable')
    const known = await get('embed.js', { 'if-none-match': plain.headers.get('etag') ?? '' })
    expect([known.status, await known.text()]).toEqual([304, ''])
    for (const name of ['nothing.js', '__proto__', '..%2fembed.js', 'embed.js/', 'constructor']) {
      expect((await get(name)).status).toBe(404)
    }
  })
})

describe('without HTTP', () => {
  test('the same rules hold', async () => {
    const { api } = confabOf({
      sites: [
        { id: 'blog', origins: [] },
        { id: 'queue', origins: [], premoderate: 'all' },
      ],
    })
    const ada = { id: 'ada', name: 'Ada' }
    const mod = { id: 'mod', name: 'Mod', roles: ['moderator'] }
    const key = 'a-key-that-nobody-guesses'
    const root = await api.comments.create({ ...page, author: ada, body: '*Hello*', key, title: 'Hi' })
    expect(root).toMatchObject({ html: '<p><em>Hello</em></p>\n', author: { id: 'ada' } })
    // Known by id from then on; and the same key is the same comment.
    expect(await api.comments.create({ ...page, author: 'ada', body: '*Hello*', key })).toEqual(root)
    const reply = await api.comments.create({ ...page, author: 'ada', body: 'reply', parent: root.id })
    expect((await api.comments.list(page)).items[0]?.replies.items).toMatchObject([{ id: reply.id }])
    expect(await api.comments.counts({ site: 'blog', pageKeys: ['/hello', '/cafe\u0301'] })).toEqual({
      '/hello': 2,
      '/cafe\u0301': 0,
    })

    const edited = await api.comments.edit({ ...page, by: 'ada', id: root.id, rev: 1, body: 'Hi' })
    expect(edited.rev).toBe(2)
    const edit = { ...page, by: 'ada', id: root.id, body: 'late' }
    await expect(api.comments.edit({ ...edit, rev: 1 })).rejects.toMatchObject({ code: 'conflict', status: 409 })
    expect((await api.comments.revisions({ ...page, by: mod, id: root.id })).map((text) => text.body)).toEqual([
      '*Hello*',
      'Hi',
    ])
    const spam = { ...page, id: root.id, status: 'spam' } as const
    await expect(api.comments.setStatus({ ...spam, by: 'ada' })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await api.comments.setStatus({ ...spam, by: mod })).toMatchObject({ status: 'spam' })
    expect(await api.comments.setThread({ ...page, by: mod, state: 'locked' })).toMatchObject({ state: 'locked' })
    const late = api.comments.create({ ...page, author: 'ada', body: 'late' })
    await expect(late).rejects.toMatchObject({ code: 'locked' })
    await api.comments.remove({ ...page, by: mod, id: reply.id })
    expect((await api.comments.list(page)).items).toEqual([])
    const waiting = await api.comments.create({ ...page, site: 'queue', author: ada, body: 'x' })
    expect(waiting.status).toBe('pending')
  })

  test('wrong calls are named', async () => {
    const { api } = confabOf()
    const ada = { id: 'ada', name: 'Ada' }
    const many = Array.from({ length: 101 }, (_, i) => `/${i}`)
    const { comments } = api
    const wrong: readonly (readonly [() => Promise<unknown>, code: string, word: string])[] = [
      [() => comments.create({ ...page, author: 'nobody', body: 'x' }), 'invalid', '`author`'],
      [() => comments.create({ ...page, author: ada, body: ' ' }), 'invalid', '`body`'],
      [
        () => comments.create({ ...page, pageKey: '', author: ada, body: 'x' }),
        'invalid',
        '`pageKey` must not be empty',
      ],
      [() => comments.create({ ...page, site: 'nowhere', author: ada, body: 'x' }), 'not_found', '"nowhere"'],
      [() => comments.create({ ...page, author: ada, body: 'x', key: 'short' }), 'invalid', '`key` must be 16 to 128'],
      [() => comments.remove({ ...page, by: ada, id: 'nonsense' }), 'not_found', 'no such comment'],
      [() => comments.list({ ...page, limit: 0 }), 'invalid', '`limit` must be at least 1'],
      [() => comments.list({ ...page, after: 'x'.repeat(201) }), 'invalid', '`after` must be at most 200 characters'],
      [() => comments.counts({ site: 'blog', pageKeys: [] }), 'invalid', '`pageKey` must be given'],
      [() => comments.counts({ site: 'blog', pageKeys: many }), 'invalid', '`pageKey` must be at most 100 pages'],
    ]
    for (const [call, code, word] of wrong) {
      await expect(call()).rejects.toMatchObject({ code, message: expect.stringContaining(word) })
    }
  })
})

describe('beside requests', () => {
  test('listeners get every event, and a guest is known after a restart without a secret', async () => {
    const store = memoryStore()
    // One store under two lives of the server.
    const kept: Store = { ...store, close: () => Promise.resolve() }
    const seen: EventRow[] = []
    const first = confabOf({ store: kept, on: { 'comment.created': async (event) => void seen.push(event) } })
    await first.start()
    await first.start()
    const posted = await post(first)
    const cookie = posted.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const { id } = (await posted.json()) as CommentView
    await vi.waitFor(() => expect(seen).toMatchObject([{ type: 'comment.created', comment: id, site: 'blog' }]))
    await first.close()

    const second = confabOf({ store: kept })
    const me = await second.fetch(
      new Request(`https://api.example${path.replace('comments', 'me')}`, { headers: { cookie } }),
    )
    expect(await me.json()).toMatchObject({ viewer: { name: 'Ann' }, mine: [{ id }] })
  })

  test('a start that failed may be tried again', async () => {
    const store = memoryStore()
    const migrate = vi.spyOn(store, 'migrate').mockRejectedValueOnce(new Error('away'))
    const confab = confabOf({ store })
    await expect(confab.start()).rejects.toThrow('away')
    await confab.start()
    await confab.start()
    expect(migrate).toHaveBeenCalledTimes(2)
  })

  test('a close before any start, twice, and in the middle of everything', async () => {
    const closed = confabOf()
    await Promise.all([closed.close(), closed.close()])
    const busy = confabOf()
    await busy.start()
    const posts = Array.from({ length: 30 }, () => post(busy))
    await busy.close()
    for (const response of await Promise.all(posts)) expect([201, 503, 429]).toContain(response.status)
  })
})

test('two processes over one store, one bus and one cache show each other’s comments at once', async () => {
  const store = memoryStore()
  const shared: Store = { ...store, capabilities: { exactVersion: false }, close: () => Promise.resolve() }
  const bus = memoryPubSub()
  const borrowed = { ...bus, close: () => Promise.resolve() }
  const pages = sharedPages()
  const process = (): Confab =>
    confabOf({ store: shared, bus: borrowed, cache: pages.connect(), pageMemoryBytes: 0, limits: { write: false } })
  const [one, two] = [process(), process()]
  const stream = await two.fetch(new Request(`https://api.example${path.replace('comments', 'events')}`))
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toContain('event: ver')
  for (let count = 1; count <= 5; count++) {
    const writer = count % 2 === 0 ? one : two
    expect((await post(writer)).status).toBe(201)
    for (const confab of [one, two]) expect((await read(confab)).items).toHaveLength(count)
  }
  let heard = ''
  while (!heard.includes('id: 5\n')) heard += (await reader?.read())?.value ?? ''
  expect([...heard.matchAll(/^id: (\d)$/gm)].map(([, id]) => id)).toEqual(['1', '2', '3', '4', '5'])
})

test('limits count a reader by the address that the bridge of the runtime tells', async () => {
  const confab = confabOf({ limits: { read: { burst: 2, perMs: 60_000 }, address: { burst: 1, perMs: 60_000 } } })
  const env = (remoteAddress: string): object => ({ incoming: { headers: {}, socket: { remoteAddress } } })
  const ask = async (address: string, at = '/v1/threads/-/me?site=blog&pageKey=/a', headers = {}): Promise<number> =>
    (await confab.fetch(new Request(`https://api.example${at}`, { headers }), env(address))).status
  expect([await ask('203.0.113.7'), await ask('203.0.113.7'), await ask('203.0.113.7')]).toEqual([200, 200, 429])
  // A header that anybody can write changes nothing, another address does.
  expect(await ask('203.0.113.7', undefined, { 'x-forwarded-for': '198.51.100.1' })).toBe(429)
  expect(await ask('203.0.113.8')).toBe(200)
  // What is refused counts like what is answered.
  const bad = { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: '{' }
  const refused = [1, 2, 3].map(
    async () => (await confab.fetch(new Request(`https://api.example${path}`, bad), env('192.0.2.1'))).status,
  )
  expect(await Promise.all(refused)).toEqual([400, 400, 429])
  expect([await ask('2001:db8::1'), await ask('2001:db8::2'), await ask('2001:db8::3')]).toEqual([200, 200, 429])

  const write = async (address: string): Promise<number> =>
    (
      await confab.fetch(
        new Request(`https://api.example${path}`, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/json' },
          body: JSON.stringify({ body: 'x', guest: { name: 'Ann' } }),
        }),
        env(address),
      )
    ).status
  expect([await write('192.0.2.8'), await write('192.0.2.8'), await write('192.0.2.9')]).toEqual([201, 429, 201])
})

describe('roles', () => {
  const stream = path.replace('/comments?', '/events?') + '&after=0&wait=0'
  const statusOf = async (confab: Pick<Confab, 'fetch'>, at: string): Promise<number> => {
    const response = await confab.fetch(new Request(`https://api.example${at}`))
    await response.body?.cancel()
    return response.status
  }

  test('answer what is theirs, and say of the rest that another process has it', async () => {
    const store = memoryStore()
    const web = confabOf({ store, roles: ['web'] })
    const live = confabOf({ store, roles: ['live'] })
    const jobs = confabOf({ store, roles: ['jobs'] })
    expect((await post(web)).status).toBe(201)
    expect([await statusOf(web, path), await statusOf(web, stream)]).toEqual([200, 421])
    expect([await statusOf(live, path), await statusOf(live, stream)]).toEqual([421, 200])
    expect([await statusOf(jobs, path), await statusOf(jobs, stream)]).toEqual([421, 421])
    for (const confab of [web, live, jobs]) expect(await statusOf(confab, '/v1/ready')).toBe(200)
    const refused = await post(live)
    expect([refused.status, JSON.parse(await bodyText(refused))]).toMatchObject([
      421,
      { error: { code: 'not_served' } },
    ])
  })

  test('deliver what a process left behind only where there are jobs', async () => {
    let now = 1_750_000_000_000
    const clock = { now: () => now }
    const store = memoryStore()
    const seen: string[] = []
    const listening = (name: string, roles: ConfabConfig['roles']): Confab =>
      confabOf({
        store,
        clock,
        ...(roles && { roles }),
        on: { 'comment.created': async () => void seen.push(name) },
      })
    // Not started, so it delivers nothing.
    await post(listening('dead', ['web']))
    now += 10_000
    const web = listening('web', ['web', 'live'])
    await web.start()
    const jobs = listening('jobs', ['jobs'])
    await jobs.start()
    await vi.waitFor(() => expect(seen).toEqual(['jobs']), { timeout: 5_000 })
    // What a process writes it delivers itself, and marks it so that nobody does so again.
    await post(web)
    await vi.waitFor(() => expect(seen).toEqual(['jobs', 'web']), { timeout: 5_000 })
    const undelivered = (): Promise<EventRow[]> => store.events.claim({ limit: 10, leaseMs: 0, now, before: now + 1 })
    await vi.waitFor(async () => expect(await undelivered()).toEqual([]), { timeout: 5_000 })
  })
})

test('without a start, one call does what waits beside requests', async () => {
  const seen: EventRow[] = []
  const store = memoryStore()
  let ahead = 0
  const clock = { now: () => Date.now() + ahead }
  const confab = confabOf({ store, clock, on: { 'comment.created': async (event) => void seen.push(event) } })
  await post(confab)
  await confab.runJobs()
  expect(seen).toEqual([])
  ahead = 10_000
  await confab.runJobs()
  expect(seen).toHaveLength(1)
  const ref = { site: 'blog', thread: seen[0]?.thread ?? '' }
  expect(await store.events.since(ref, 0, 9)).toHaveLength(1)
  ahead = 8 * 24 * 60 * 60_000
  await confab.runJobs()
  expect(seen).toHaveLength(1)
  expect(await store.events.since(ref, 0, 9)).toBe('gone')
})
