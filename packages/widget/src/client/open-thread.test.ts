import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { startConfab } from './confab.fixture.ts'
import { newKey } from './create-client.ts'
import { eventSourceOver } from './event-source.fixture.ts'
import { followLive } from './live.ts'
import { openThread } from './open-thread.ts'
import { openWriter } from './open-writer.ts'
import type { Browser, TestConfab } from './confab.fixture.ts'
import type { Mangle } from './event-source.fixture.ts'
import type { LiveOptions } from './live.ts'
import type { Thread } from './open-thread.ts'
import type { ThreadData } from './thread-data.ts'

let host: TestConfab
beforeAll(async () => {
  host = await startConfab()
})
afterAll(() => host.confab.close())

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function follow({ client }: Browser, sort: 'newest' | 'oldest', options: LiveOptions): Promise<Thread> {
  const thread = openThread(client, { sort })
  await thread.load()
  const live = followLive(thread, options)
  live.start()
  closing.push(() => {
    live.stop()
    thread.close()
  })
  return thread
}

interface Shown {
  readonly html: string
  readonly status: string
  readonly replies: number
  readonly children: readonly Shown[]
}

/** Everything of a thread, as a reader who opens all of it would see it. */
async function allOf(thread: Thread): Promise<readonly Shown[]> {
  const data = (): ThreadData => thread.state.data ?? expect.fail('nothing is loaded')
  thread.showNew()
  while (data().next !== null) await thread.loadNext()
  for (let open = true; open;) {
    open = false
    for (const [id, node] of data().comments) {
      if (node.fresh.length > 0) thread.showNew(id)
      if (node.next === null) continue
      open = true
      await thread.loadReplies(id)
    }
  }
  function show(id: string): Shown {
    const node = data().comments.get(id) ?? expect.fail(`${id} is in a list and not loaded`)
    return { html: node.view.html, status: node.view.status, replies: node.count, children: node.children.map(show) }
  }
  return data().roots.map(show)
}

/** Numbers from 0 to 1, the same for each seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Some of everything that people do in a thread. */
async function converse({ client }: Browser, random: () => number, steps: number): Promise<void> {
  const mine: { id: string; rev: number }[] = []
  for (let step = 0; step < steps; step++) {
    const picked = mine[Math.floor(random() * mine.length)]
    const dice = random()
    if (!picked || dice < 0.3) {
      const { value } = await client.create({ body: `Comment ${step}` }, newKey())
      mine.push({ id: value.id, rev: 1 })
    } else if (dice < 0.65) {
      const { value } = await client.create({ body: `Reply ${step}`, parent: picked.id }, newKey())
      mine.push({ id: value.id, rev: 1 })
    } else if (dice < 0.8) {
      await client.edit(picked.id, { body: `Edited ${step}`, rev: picked.rev })
      picked.rev += 1
    } else {
      await client.remove(picked.id)
      mine.splice(mine.indexOf(picked), 1)
    }
  }
}

describe('a thread that is followed', () => {
  const seeds = [1, 2, 3, 4, 5, 6]
  test.each(seeds)('ends where a fresh load would be, over a network that loses and repeats (%i)', async (seed) => {
    const pageKey = `/random/${seed}`
    const random = randomOf(seed)
    let isBad = true
    const mangle: Mangle = (message) => {
      if (!isBad || message.type === 'ver') return [message]
      const dice = random()
      return dice < 0.15 ? [] : dice < 0.3 ? [message, message] : [message]
    }
    const writer = host.browser({ user: 'ada', pageKey })
    await converse(writer, random, 15)

    const streamed = host.browser({ pageKey })
    const readers = await Promise.all([
      follow(streamed, 'newest', { eventSource: eventSourceOver(streamed.fetch, mangle) }),
      follow(streamed, 'oldest', { eventSource: eventSourceOver(streamed.fetch, mangle) }),
      follow(host.browser({ pageKey }), 'newest', { eventSource: null }),
    ])
    await converse(writer, random, 40)
    isBad = false
    // A lost last event is only seen with the next one.
    const last = await writer.client.create({ body: 'The end' }, newKey())

    for (const reader of readers) {
      await vi.waitFor(() => expect(reader.ver).toBe(last.ver), { timeout: 5000 })
      const fresh = openThread(host.browser({ pageKey }).client, { sort: reader.state.data?.sort ?? 'newest' })
      await fresh.load()
      expect(reader.state.data?.thread.comments).toBe(fresh.state.data?.thread.comments)
      expect(await allOf(reader)).toEqual(await allOf(fresh))
    }
  })

  test('holds back what arrives, and changes what is there', async () => {
    const pageKey = '/held'
    const writer = host.browser({ user: 'ada', pageKey })
    const { value: root } = await writer.client.create({ body: 'Root' }, newKey())
    const reader = host.browser({ pageKey })
    const thread = await follow(reader, 'newest', { eventSource: eventSourceOver(reader.fetch) })

    const { value: reply } = await writer.client.create({ body: 'Reply', parent: root.id }, newKey())
    await writer.client.create({ body: 'Second root' }, newKey())
    const { value: edited, ver } = await writer.client.edit(root.id, { body: 'Better', rev: 1 })
    await vi.waitFor(() => expect(thread.ver).toBe(ver))

    const data = thread.state.data ?? expect.fail()
    expect(data.roots).toEqual([root.id])
    expect(data.fresh).toHaveLength(1)
    expect(data.comments.get(root.id)).toMatchObject({
      view: { html: edited.html },
      children: [],
      fresh: [reply.id],
      count: 1,
    })
    thread.showNew()
    thread.showNew(root.id)
    expect(thread.state.data?.roots).toHaveLength(2)
    expect(thread.state.data?.comments.get(root.id)).toMatchObject({ children: [reply.id], fresh: [] })
  })

  test('loads again when its state changes', async () => {
    const pageKey = '/state'
    const writer = host.browser({ user: 'ada', pageKey })
    await writer.client.create({ body: 'Root' }, newKey())
    const reader = host.browser({ pageKey })
    const thread = await follow(reader, 'newest', { eventSource: eventSourceOver(reader.fetch) })
    await host.confab.api.comments.setThread({
      site: 'blog',
      pageKey,
      by: { id: 'mod', name: 'M', roles: ['admin'] },
      state: 'locked',
    })
    await vi.waitFor(() => expect(thread.state.data?.thread.state).toBe('locked'))
  })
})

describe('a thread that is read', () => {
  test('shows the page around a comment, and goes on both ways', async () => {
    const pageKey = '/around'
    const writer = host.browser({ user: 'ada', pageKey })
    const ids: string[] = []
    for (let i = 0; i < 60; i++) ids.push((await writer.client.create({ body: `${i}` }, newKey())).value.id)
    const thread = openThread(host.browser({ pageKey }).client)
    expect(await thread.load({ around: ids[30] ?? '' })).toBe(true)
    expect(thread.state.data?.roots).toContain(ids[30])
    while (thread.state.data?.previous !== null) await thread.loadPrevious()
    while (thread.state.data?.next !== null) await thread.loadNext()
    expect(thread.state.data?.roots).toEqual(ids.toReversed())
  })

  test('keeps what it has when a load fails', async () => {
    let isDown = false
    const before = () => {
      if (isDown) throw new TypeError('fetch failed')
    }
    const thread = openThread(host.browser({ pageKey: '/around', before }).client)
    expect(await thread.load()).toBe(true)
    isDown = true
    await thread.loadNext()
    expect(thread.state.error).toMatchObject({ code: 'offline' })
    expect(thread.state.data?.roots).toHaveLength(20)
    isDown = false
    await thread.loadNext()
    expect(thread.state.error).toBeNull()
    expect(thread.state.data?.roots).toHaveLength(40)
  })

  test('gives a load that was overtaken no say', async () => {
    const thread = openThread(host.browser({ pageKey: '/around' }).client)
    await Promise.all([thread.load({ sort: 'oldest' }), thread.load({ sort: 'newest' })])
    expect(thread.state.data?.sort).toBe('newest')
    expect(thread.state.loading.size).toBe(0)
  })
})

describe('a writer', () => {
  test('shows its comment at once, and once, whatever happens to the answers', async () => {
    const pageKey = '/writer'
    let lost = 2
    const browser = host.browser({
      pageKey,
      after: (request) => {
        if (request.method === 'POST' && lost-- > 0) throw new TypeError('connection reset')
      },
    })
    const thread = await follow(browser, 'newest', { eventSource: eventSourceOver(browser.fetch) })
    const writer = openWriter(thread)
    closing.push(() => writer.close())
    writer.post({ body: 'Hello', guest: { name: 'Ada' } })
    expect(thread.state.outbox).toMatchObject([{ body: 'Hello', state: 'sending' }])

    await vi.waitFor(() =>
      expect(thread.state.outbox).toMatchObject([{ state: 'waiting', error: { code: 'offline' } }]),
    )
    writer.wake()
    await vi.waitFor(() => expect(lost).toBe(0))
    await vi.waitFor(() => expect(thread.state.outbox).toMatchObject([{ state: 'waiting' }]))
    writer.wake()
    await vi.waitFor(() => expect(thread.state.outbox).toEqual([]))
    expect(thread.state.data).toMatchObject({ roots: [expect.any(String)], fresh: [], thread: { comments: 1 } })
    await vi.waitFor(() => expect(thread.state.me?.mine).toHaveLength(1))
    expect((await browser.client.page()).items).toHaveLength(1)
  })

  test('shows what waits for approval to its author only', async () => {
    const browser = host.browser({ site: 'checked', pageKey: '/checked' })
    const thread = openThread(browser.client)
    await thread.load()
    const writer = openWriter(thread)
    closing.push(() => writer.close())
    writer.post({ body: 'May I?', guest: { name: 'Ada' } })
    await vi.waitFor(() => expect(thread.state.me?.pending).toHaveLength(1))
    const [id = ''] = thread.state.data?.roots ?? []
    expect(thread.state.data?.comments.get(id)?.view.status).toBe('pending')
    expect(thread.state.data?.thread.comments).toBe(0)

    await thread.load({ sort: 'oldest' })
    expect(thread.state.data?.roots).toEqual([id])
    const stranger = openThread(host.browser({ site: 'checked', pageKey: '/checked' }).client)
    await stranger.load()
    expect(stranger.state.data?.roots).toEqual([])
  })

  test('keeps a place where replies hang, and none where there are none', async () => {
    const pageKey = '/delete'
    const browser = host.browser({ user: 'ada', pageKey })
    const { value: root } = await browser.client.create({ body: 'Root' }, newKey())
    const { value: reply } = await browser.client.create({ body: 'Reply', parent: root.id }, newKey())
    const thread = openThread(browser.client)
    await thread.load()
    const writer = openWriter(thread)
    await writer.remove(root.id)
    expect(thread.state.data?.comments.get(root.id)?.view).toMatchObject({ status: 'deleted', author: null, html: '' })
    expect(thread.state.data?.thread.comments).toBe(1)
    await writer.remove(reply.id)
    expect(thread.state.data).toMatchObject({ roots: [], thread: { comments: 0 } })
  })

  test('tells of a conflict and shows the newest text', async () => {
    const pageKey = '/rev'
    const browser = host.browser({ user: 'ada', pageKey })
    const { value } = await browser.client.create({ body: 'One' }, newKey())
    const thread = openThread(browser.client)
    await thread.load()
    await browser.client.edit(value.id, { body: 'Two', rev: 1 })
    const writer = openWriter(thread)
    await expect(writer.edit(value.id, { body: 'Three', rev: 1 })).rejects.toMatchObject({ code: 'conflict' })
    expect(thread.state.data?.comments.get(value.id)?.view.html).toBe('<p>Two</p>\n')
    expect(thread.state.me?.mine).toMatchObject([{ rev: 2 }])
    await writer.edit(value.id, { body: 'Three', rev: 2 })
    expect(thread.state.data?.comments.get(value.id)?.view.html).toBe('<p>Three</p>\n')
  })
})
