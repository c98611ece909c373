import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startServer } from './start-server.ts'
import { postComment, readPage, runConfab, startServe, tempFolder } from '../server.fixture.ts'

const dataIn = (folder: string): string => join(folder, 'data')

describe('confab serve', () => {
  it('answers, and keeps what was written over a restart', async () => {
    const data = dataIn(tempFolder())
    const first = await startServe(data, ['--demo'])
    await postComment(first.url, { site: 'demo', pageKey: '/' }, 'I stay')
    first.child.kill('SIGTERM')
    expect(await first.finished).toMatchObject({ code: 0 })
    const second = await startServe(data, ['--demo'])
    expect((await readPage(second.url, 'demo', '/')).items).toMatchObject([{ html: '<p>I stay</p>\n' }])
  })

  it('says how to add a site, and sees one that is added while it runs', async () => {
    const data = dataIn(tempFolder())
    const { url, output } = await startServe(data)
    await expect.poll(() => output.stdout).toMatch(/No site may comment yet\. Add yours with "confab site add/)
    const counts = `${url}/v1/counts?site=blog&pageKey=/`
    expect((await fetch(counts)).status).toBe(404)
    await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example', '--data', data])
    await expect.poll(async () => (await fetch(counts)).status, { timeout: 4000 }).toBe(200)
    const allowed = await fetch(counts, { headers: { origin: 'https://blog.example' } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://blog.example')
    const stranger = await fetch(counts, { headers: { origin: 'https://evil.example' } })
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('serves pages under a strict policy', async () => {
    const { url } = await startServe(dataIn(tempFolder()), ['--demo'])
    const nonces = new Set<string>()
    for (const path of ['/', '/second', '/']) {
      const response = await fetch(url + path)
      expect(response.status).toBe(200)
      const policy = response.headers.get('content-security-policy') ?? ''
      const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      nonces.add(nonce)
      expect(policy).not.toMatch(/unsafe|\*/)
      expect(policy).toContain("require-trusted-types-for 'script'")
      const html = await response.text()
      for (const [tag] of html.matchAll(/<(?:script|link rel="stylesheet")[^>]*>/g))
        expect(tag).toContain(`nonce="${nonce}"`)
      expect(html).not.toMatch(/ style=| on\w+=|<style/)
    }
    expect(nonces.size).toBe(3)
    expect((await fetch(`${url}/page.css`)).headers.get('content-type')).toMatch(/^text\/css/)
  })

  it('without a demo says how to go on, with the address that readers use', async () => {
    const { url, output } = await startServe(dataIn(tempFolder()), ['--url', 'https://comments.example.org/path/'])
    await expect.poll(() => output.stdout).toContain('Readers reach it on https://comments.example.org/path\n')
    const html = await (await fetch(url)).text()
    expect(html).toContain(
      '&lt;script src=&quot;https://comments.example.org/path/embed.js&quot; data-site=&quot;blog&quot; async&gt;',
    )
    expect(html).toContain('href="/path/page.css"')
    expect((await fetch(`${url}/second`)).status).toBe(404)
    expect((await fetch(`${url}/v1/counts?site=demo&pageKey=/`)).status).toBe(404)
  })

  it('believes no Host: what a page says comes from the options', async () => {
    const server = await startServer({ data: dataIn(tempFolder()), port: 0, logger: silent })
    onTestFinished(() => server.close())
    const response = await rawRequest(
      server.port,
      'GET / HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: evil.example\r\nconnection: close\r\n\r\n',
    )
    expect(response).toContain('Confab is running')
    expect(response).not.toContain('evil')
    expect(response).toContain(`${server.url}/embed.js`)
  })
})

describe('a stop', () => {
  it('lets running requests end, tells streams when to come back, and ends well under 10 s', async () => {
    const data = dataIn(tempFolder())
    const { url, child, finished } = await startServe(data, ['--demo'])
    const stream = await fetch(`${url}/v1/threads/-/events?site=demo&pageKey=/`)
    const said = stream.text()
    const poll = fetch(`${url}/v1/threads/-/events?site=demo&pageKey=/&after=0&wait=50`)
    const idle = connect(Number(new URL(url).port), '127.0.0.1')
    await new Promise((done) => idle.once('connect', done))
    // An upload that never ends must not keep the server.
    const stalled = connect(Number(new URL(url).port), '127.0.0.1')
    stalled.on('error', () => {})
    stalled.write('POST /v1/threads/-/comments?site=demo&pageKey=/ HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{')
    const writes = Array.from({ length: 8 }, (_, i) =>
      postComment(url, { site: 'demo', pageKey: `/${i}` }, `Number ${i}`),
    )
    await writes[0]
    const begin = performance.now()
    child.kill('SIGTERM')
    const results = await Promise.allSettled(writes)
    expect(await finished).toMatchObject({ code: 0, signal: null })
    expect(performance.now() - begin).toBeLessThan(8000)
    expect(await said).toMatch(/^retry: \d+$/m)
    expect((await poll).status).toBeLessThan(504)

    // What was acknowledged is there.
    const again = await startServe(data, ['--demo'])
    for (const [i, result] of results.entries()) {
      const { thread } = await readPage(again.url, 'demo', `/${i}`)
      // A connection that came too late is refused; whatever was heard is answered, and not with an error.
      expect(result.status === 'fulfilled' ? thread.comments : String(result.reason)).toBeOneOf([
        1,
        'TypeError: fetch failed',
      ])
    }
  })

  it('of a stop is immediate: the second signal does not wait', async () => {
    const { url, child, finished, output } = await startServe(dataIn(tempFolder()))
    // A request whose body never ends keeps the first stop waiting.
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST /v1/threads/-/comments?site=x&pageKey=/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    )
    child.kill('SIGTERM')
    await expect.poll(() => output.stderr).toMatch(/Stopping/)
    child.kill('SIGTERM')
    const { code } = await finished
    expect([0, 1]).toContain(code)
    socket.destroy()
  })
})

describe('startServer', () => {
  it('closes once, and frees folder and port', async () => {
    const data = dataIn(tempFolder())
    const server = await startServer({ data, port: 0, demo: true, logger: silent })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    await expect(startServer({ data, port: 0, logger: silent })).rejects.toMatchObject({ code: 'data_locked' })
    await Promise.all([server.close(), server.close()])
    const again = await startServer({ data, port: server.port, logger: silent })
    expect(again.sites).toBe(1)
    await again.close()
  })

  it('frees the folder when it cannot listen', async () => {
    const folder = tempFolder()
    const first = await startServer({ data: join(folder, 'a'), port: 0, logger: silent })
    onTestFinished(() => first.close())
    const second = { data: join(folder, 'b'), logger: silent }
    await expect(startServer({ ...second, port: first.port })).rejects.toMatchObject({ code: 'port_unavailable' })
    const third = await startServer({ ...second, port: 0 })
    await third.close()
  })
})

describe('slow and broken clients', () => {
  it('are answered and let go: bad requests, huge headers', async () => {
    const server = await startServer({ data: dataIn(tempFolder()), port: 0, logger: silent })
    onTestFinished(() => server.close())
    expect(await rawRequest(server.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    const header = `x: ${'a'.repeat(20_000)}`
    expect(await rawRequest(server.port, `GET / HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    expect((await fetch(`${server.url}/v1/health`)).status).toBe(200)
  })
})

const silent = { info() {}, warn() {}, error() {} }

/** Sends bytes as they are, and answers what comes back until the connection ends. */
function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (answer += chunk))
    socket.on('close', () => done(answer))
    socket.on('error', fail)
  })
}
