import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { startWorker } from './worker.fixture.ts'

const path = '/v1/threads/-/comments?site=open&pageKey=/hello'

// Past Miniflare's own `fetch`, which hides how a body came.
test.each([[[]], [['nodejs_compat']]])('a page leaves a worker packed once, with the flags %j', async (flags) => {
  const worker = await startWorker(new URL('./api.worker.fixture.ts', import.meta.url), flags)
  try {
    const url = new URL(path, await worker.ready)
    const posted = await fetch(url, {
      method: 'POST',
      headers: { origin: 'https://pages.example', 'content-type': 'application/json' },
      body: JSON.stringify({ body: 'hello '.repeat(100), guest: { name: 'Ann' } }),
    })
    expect(posted.status).toBe(201)
    const plain = await read(url, 'identity')
    const packed = await read(url, 'gzip')
    expect(plain.encoding).toBeUndefined()
    expect(packed.encoding).toBe('gzip')
    expect(gunzipSync(packed.body).toString()).toBe(plain.body.toString())
    expect(JSON.parse(plain.body.toString())).toMatchObject({ thread: { comments: 1 } })
  } finally {
    await worker.dispose()
  }
})

test('a worker learns the address of a client from the header that Cloudflare writes', async () => {
  const worker = await startWorker(new URL('./api.worker.fixture.ts', import.meta.url))
  try {
    const url = new URL('/peer', await worker.ready)
    const answer = await fetch(url, { headers: { 'cf-connecting-ip': '203.0.113.7' } })
    expect(await answer.json()).toBe('203.0.113.7')
  } finally {
    await worker.dispose()
  }
})

async function read(url: URL, accepted: string): Promise<{ encoding: string | undefined; body: Buffer }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': accepted } }, resolve).on('error', reject)
  })
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return { encoding: answer.headers['content-encoding'], body: Buffer.concat(chunks) }
}
