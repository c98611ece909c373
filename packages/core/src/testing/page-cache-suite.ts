import type { Bytes, PageCache, ThreadRef } from '../ports/index.ts'
import type { Registry } from './registry.ts'
import { runSuite } from './registry.ts'
import type { Runner, Skip } from './runner.ts'

export interface PageCacheSuiteOptions {
  /** Two caches over the same empty place, as two processes have them. The suite closes both. */
  readonly setup: () => Promise<{
    readonly one: PageCache
    readonly two: PageCache
    readonly teardown?: () => Promise<void>
  }>
  readonly skip?: readonly Skip[]
}

interface Subject {
  readonly one: PageCache
  readonly two: PageCache
}

const thread: ThreadRef = { site: 'blog', thread: '0123456789abcdefghjk' }
const page = 'newest.20..'

function bytesOf(text: string): Bytes {
  return new TextEncoder().encode(text)
}

async function fill(cache: PageCache, ver: number, name = page, ref = thread): Promise<boolean> {
  const lease = await cache.lease(ref, name)
  return lease !== null && lease.fill({ ver, builtAt: 1000 + ver, gzip: bytesOf(`${name} ${ver}`) })
}

/**
 * Every promise of the page cache port, as tests.
 *
 * @example
 * import * as runner from 'vitest'
 * pageCacheSuite(runner, 'redis', { setup: async () => ({ one: redisPageCache(a), two: redisPageCache(b) }) })
 */
export function pageCacheSuite(runner: Runner, name: string, options: PageCacheSuiteOptions): void {
  runSuite<Subject>(
    runner,
    `page cache: ${name}`,
    {
      ...(options.skip && { skip: options.skip }),
      async setup() {
        const { one, two, teardown } = await options.setup()
        return {
          subject: { one, two },
          async teardown() {
            await one.close()
            await two.close()
            await teardown?.()
          },
        }
      },
    },
    (registry) => {
      pageTests(registry)
      leaseTests(registry)
      writeTests(registry)
    },
  )
}

function pageTests({ test, expect }: Registry<Subject>): void {
  test('knows nothing at first', async ({ one }) => {
    expect(await one.get(thread, page)).toBe(null)
  })

  test('gives a page to every process, byte for byte', async ({ one, two }) => {
    const gzip = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256)
    const lease = await one.lease(thread, page)
    expect(await lease?.fill({ ver: 3, builtAt: 1_700_000_000_123, gzip })).toBe(true)
    const expected = { ver: 3, builtAt: 1_700_000_000_123, gzip }
    expect(await one.get(thread, page)).toEqual(expected)
    expect(await two.get(thread, page)).toEqual(expected)
  })

  test('keeps the page of a thread in which nobody wrote yet', async ({ one, two }) => {
    expect(await fill(one, 0)).toBe(true)
    expect(await two.get(thread, page)).toMatchObject({ ver: 0 })
  })

  test('keeps pages, threads and sites apart', async ({ one }) => {
    const names = ['v', 'w', 'p:x', 'newest.20..a{b}:*?', 'seite.ß.日本', 'x'.repeat(300)]
    const refs = [thread, { ...thread, site: 'shop' }, { ...thread, thread: 'zzzzzzzzzzzzzzzzzzzz' }]
    for (const ref of refs.slice(0, 2)) for (const each of names) expect(await fill(one, 1, each, ref)).toBe(true)
    for (const each of names) {
      expect(await one.get(thread, each)).toMatchObject({ gzip: bytesOf(`${each} 1`) })
      expect(await one.get({ ...thread, thread: 'zzzzzzzzzzzzzzzzzzzz' }, each)).toBe(null)
    }
    expect(await one.get(thread, 'newest.20..b')).toBe(null)
  })
}

function leaseTests({ test, expect }: Registry<Subject>): void {
  test('lets one process build a page, and the next one afterwards', async ({ one, two }) => {
    const lease = await one.lease(thread, page)
    expect(lease === null).toBe(false)
    expect(await two.lease(thread, page)).toBe(null)
    expect(await one.lease(thread, page)).toBe(null)
    expect(await fill(two, 1, 'oldest.20..')).toBe(true)
    await lease?.fill({ ver: 1, builtAt: 1, gzip: bytesOf('x') })
    expect(await fill(two, 1)).toBe(true)
  })

  test('of many who ask at once, one may build', async ({ one, two }) => {
    const leases = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).lease(thread, page)))
    expect(leases.filter((lease) => lease !== null).length).toBe(1)
  })

  test('a right to build fills once', async ({ one, two }) => {
    const lease = await one.lease(thread, page)
    expect(await lease?.fill({ ver: 1, builtAt: 1, gzip: bytesOf('first') })).toBe(true)
    expect(await lease?.fill({ ver: 1, builtAt: 1, gzip: bytesOf('second') })).toBe(false)
    expect(await two.get(thread, page)).toMatchObject({ gzip: bytesOf('first') })
  })

  test('a builder that died is replaced after some seconds, and cannot fill any more', async ({ one, two }) => {
    const dead = await one.lease(thread, page)
    let next = null
    const deadline = Date.now() + 6_000
    while (next === null && Date.now() < deadline) {
      next = await two.lease(thread, page)
      if (next === null) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(await dead?.fill({ ver: 1, builtAt: 1, gzip: bytesOf('dead') })).toBe(false)
    expect(await next?.fill({ ver: 1, builtAt: 1, gzip: bytesOf('next') })).toBe(true)
  })
}

function writeTests({ test, expect }: Registry<Subject>): void {
  test('a write in flight sends every reader of its thread to the store', async ({ one, two }) => {
    const other = { ...thread, thread: 'zzzzzzzzzzzzzzzzzzzz' }
    await fill(one, 1)
    await fill(one, 1, page, other)
    const guard = await one.guard(thread)
    expect(await one.get(thread, page)).toBe('writing')
    expect(await two.get(thread, page)).toBe('writing')
    expect(await two.get(thread, 'oldest.20..')).toBe('writing')
    expect(await two.get(other, page)).toMatchObject({ ver: 1 })
    await guard.done(2)
  })

  test('no page from before a write is left behind it', async ({ one, two }) => {
    await fill(one, 1)
    await fill(one, 1, 'oldest.20..')
    const guard = await two.guard(thread)
    await guard.done(2)
    expect(await one.get(thread, page)).toBe(null)
    expect(await one.get(thread, 'oldest.20..')).toBe(null)
    expect(await fill(one, 1)).toBe(false)
    expect(await fill(one, 2)).toBe(true)
    expect(await two.get(thread, page)).toMatchObject({ ver: 2 })
  })

  test('what was built before a write cannot come in behind it', async ({ one, two }) => {
    const lease = await one.lease(thread, page)
    const guard = await two.guard(thread)
    await guard.done(5)
    expect(await lease?.fill({ ver: 4, builtAt: 1, gzip: bytesOf('old') })).toBe(false)
    expect(await two.get(thread, page)).toBe(null)
  })

  test('what came in during a write is not shown after it', async ({ one, two }) => {
    const lease = await one.lease(thread, page)
    const guard = await two.guard(thread)
    await lease?.fill({ ver: 4, builtAt: 1, gzip: bytesOf('old') })
    expect(await one.get(thread, page)).toBe('writing')
    await guard.done(5)
    expect(await one.get(thread, page)).toBe(null)
  })

  test('a write that changed nothing leaves the pages', async ({ one, two }) => {
    await fill(one, 7)
    const failed = await two.guard(thread)
    await failed.abort()
    expect(await one.get(thread, page)).toMatchObject({ ver: 7 })
    const repeat = await two.guard(thread)
    await repeat.done(7)
    expect(await one.get(thread, page)).toMatchObject({ ver: 7 })
  })

  test('of several writes at once the last one to end opens the thread', async ({ one, two }) => {
    await fill(one, 1)
    const guards = [await one.guard(thread), await two.guard(thread), await one.guard(thread)]
    await guards[1]?.done(3)
    expect(await one.get(thread, page)).toBe('writing')
    await guards[0]?.done(2)
    expect(await two.get(thread, page)).toBe('writing')
    await guards[2]?.abort()
    expect(await one.get(thread, page)).toBe(null)
    expect(await fill(one, 2)).toBe(false)
    expect(await fill(one, 3)).toBe(true)
  })

  test('a version never falls', async ({ one, two }) => {
    await (await one.guard(thread)).done(9)
    await (await two.guard(thread)).done(4)
    expect(await fill(one, 8)).toBe(false)
    expect(await fill(one, 9)).toBe(true)
  })
}
