import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { threadOn } from './thread.fixture.ts'
import { listenersOf, startExample, strike } from './worker.fixture.ts'

const origin = 'https://blog.example.org'

describe('the example for Workers', () => {
  let data: string
  let worker: Miniflare
  let url: URL

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'confab-worker-'))
    worker = await startExample(data)
    url = await worker.ready
  })
  afterAll(async () => {
    await worker.dispose()
    await rm(data, { recursive: true })
  })

  let pageKey = ''
  let count = 0
  const streams: Stream[] = []
  beforeEach(() => {
    pageKey = `/page/${(count += 1)}`
  })
  afterEach(() => {
    for (const stream of streams.splice(0)) stream.leave()
  })

  const at = (path: string): URL =>
    new URL(`/comments/v1/threads/-${path}${path.includes('?') ? '&' : '?'}site=blog&pageKey=${pageKey}`, url)

  async function post(body: string): Promise<{ id: string; thread: string }> {
    const answer = await fetch(at('/comments'), {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: JSON.stringify({ body, guest: { name: 'Ann' } }),
    })
    expect(answer.status).toBe(201)
    return (await answer.json()) as { id: string; thread: string }
  }

  async function listen(): Promise<Stream> {
    const stream = await openStream(at('/events'))
    streams.push(stream)
    await vi.waitFor(() => expect(stream.text()).toContain('event: ver'))
    return stream
  }

  test('what one request writes arrives on the streams and the long polls of others', async () => {
    const { thread } = await post('first')
    const [one, two] = [await listen(), await listen()]
    const poll = fetch(at('/events?after=1&wait=30'))
    await vi.waitFor(async () => expect(await listenersOf(worker, 'blog', thread)).toBe(3), { timeout: 5_000 })
    const began = performance.now()
    const { id } = await post('second')
    await vi.waitFor(() => {
      for (const stream of [one, two]) expect(stream.text()).toContain(id)
    })
    const { events } = (await (await poll).json()) as { events: readonly { readonly data: { readonly id: string } }[] }
    expect(events.map((event) => event.data.id)).toEqual([id])
    // By the hub, and not because somebody looked into the database.
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(one.text()).toMatch(/event: comment\.created\ndata: .*second/)
  })

  test('a page is the same for all, with an ETag, request after request', async () => {
    await post('hello')
    const first = await fetch(at('/comments'))
    const etag = first.headers.get('etag') ?? ''
    expect(await first.json()).toMatchObject({ thread: { comments: 1 }, items: [{ html: '<p>hello</p>\n' }] })
    for (let i = 0; i < 3; i++) {
      const again = await fetch(at('/comments'), { headers: { 'if-none-match': etag } })
      expect([again.status, again.headers.get('etag')]).toEqual([304, etag])
    }
    await post('there')
    const changed = await fetch(at('/comments'), { headers: { 'if-none-match': etag } })
    expect(changed.status).toBe(200)
    expect(await changed.json()).toMatchObject({ thread: { comments: 2 } })
  })

  test('many write at once, and nobody is lost or doubled', async () => {
    const posted = await Promise.all(Array.from({ length: 10 }, (_, i) => post(`at once ${i}`)))
    const answer = await fetch(at('/comments?limit=50'))
    const { items, thread } = (await answer.json()) as {
      items: readonly { id: string }[]
      thread: { comments: number }
    }
    expect(items.map(({ id }) => id).toSorted()).toEqual(posted.map(({ id }) => id).toSorted())
    expect(thread.comments).toBe(10)
  })

  test('nobody is followed who has gone', async () => {
    const { thread } = await post('first')
    const stream = await listen()
    await vi.waitFor(async () => expect(await listenersOf(worker, 'blog', thread)).toBe(1), { timeout: 5_000 })
    stream.leave()
    // The runtime notices when it cannot say something.
    const gone = async (): Promise<void> => {
      await post('and on')
      expect(await listenersOf(worker, 'blog', thread)).toBe(0)
    }
    await vi.waitFor(gone, { timeout: 10_000, interval: 200 })
  })

  test('serves the widget’s files, and does its jobs when the clock says so', async () => {
    const script = await fetch(new URL('/comments/embed.js', url))
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(await (await fetch(new URL('/', url))).text()).toContain('/comments/embed.js')
    expect((await fetch(new URL('/comments/v1/ready', url))).status).toBe(200)
    expect(await strike(worker)).toBe('ok')
  })

  test('another isolate finds everything that was written', async () => {
    const { id } = await post('kept')
    await worker.dispose()
    worker = await startExample(data)
    url = await worker.ready
    const { items } = (await (await fetch(at('/comments'))).json()) as { items: readonly { id: string }[] }
    expect(items).toMatchObject([{ id }])
    await post('and more')
  })

  describe.skipIf(noBrowser !== null)('in a browser', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await openBrowser()
    })
    afterAll(() => browser.close())

    test('a guest writes, and another one sees it come', async () => {
      const [writer, reader] = [await openTab(await browser.newContext()), await openTab(await browser.newContext())]
      await Promise.all([writer.page.goto(url.href), reader.page.goto(url.href)])
      await threadOn(writer.page).write('From a Worker', 'Ada')
      await threadOn(writer.page).body('From a Worker').waitFor()
      await threadOn(reader.page)
        .root.getByText('Show 1 new comment')
        .or(threadOn(reader.page).body('From a Worker'))
        .first()
        .waitFor()
      expect([...writer.problems, ...reader.problems]).toEqual([])
    })
  })
})

interface Stream {
  /** What came until now. */
  text(): string
  leave(): void
}

async function openStream(url: URL): Promise<Stream> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { origin } }, resolve).on('error', reject)
  })
  let text = ''
  answer.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  answer.on('error', () => undefined)
  return { text: () => text, leave: () => answer.destroy() }
}
