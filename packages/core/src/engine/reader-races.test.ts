import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../memory/index.ts'
import type { PageCache, Store } from '../ports/index.ts'
import { gunzip, gzip } from '../runtime/gzip.ts'
import { sharedPages } from './reader.fixture.ts'
import { createPageReader } from './reader.ts'

const ref = { site: 'blog', thread: '0123456789abcdefghjk' }

/** What happens, each at a moment of its own: a read or a write by one of two processes. */
const happenings = fc.array(fc.constantFrom('read 0', 'read 1', 'write 0', 'write 1'), { minLength: 2, maxLength: 10 })

interface Way {
  readonly exact: boolean
  readonly memoryBytes: number
  /** Both processes share finished pages. */
  readonly cached: boolean
  /** Reads of one process follow the writes of the other. */
  readonly shared: boolean
}

/** Plays `what` in the order that `scheduler` finds, and answers with every read that was older than it may be. */
async function play(way: Way, scheduler: fc.Scheduler, what: readonly string[]): Promise<string[]> {
  let ver = 0
  const acknowledged = [0, 0]
  const later = <T>(name: string, run: () => T): Promise<T> =>
    scheduler.schedule(Promise.resolve(), name).then(() => run())
  const pages = sharedPages()
  const faults: string[] = []

  const processes = [0, 1].map(() => {
    const store: Store = {
      ...memoryStore(),
      capabilities: { exactVersion: way.exact },
      ver: () => later('ver', () => ver),
    }
    const cache: PageCache | null = way.cached ? pages.connect() : null
    const reader = createPageReader({
      ...{ store, clock: { now: () => 1_000_000 }, gzip, gunzip, cache },
      ...{ memoryBytes: way.memoryBytes, isolated: false },
    })
    return { reader, cache }
  })

  async function read(process: number): Promise<void> {
    const least = way.shared ? Math.max(...acknowledged) : (acknowledged[process] ?? 0)
    const build = async (): Promise<{ ver: number; json: string }> => {
      const seen = await later('read', () => ver)
      await later('rows', () => undefined)
      return { ver: seen, json: `{"ver":${seen}}` }
    }
    const page = await processes[process]?.reader.read(ref, 'p', 0, build)
    if (page && page.ver < least) faults.push(`read ${page.ver} after ${least} was acknowledged`)
    if (page && new TextDecoder().decode(page.plain) !== `{"ver":${page.ver}}`) faults.push('bytes of another version')
  }

  async function write(process: number): Promise<void> {
    const { cache, reader } = processes[process] ?? {}
    const guard = await cache?.guard(ref)
    const mine = await later('commit', () => (ver += 1))
    reader?.wrote(ref, mine)
    await guard?.done(mine)
    acknowledged[process] = Math.max(acknowledged[process] ?? 0, mine)
  }

  const all = what.map(async (happening, index) => {
    await scheduler.schedule(Promise.resolve(), `${happening} begins (${index})`)
    const [kind, process] = happening.split(' ')
    await (kind === 'read' ? read : write)(Number(process))
  })
  await scheduler.waitFor(Promise.all(all))
  return faults
}

describe('no read is older than a write acknowledged before it', () => {
  test.each<[name: string, way: Way]>([
    ['a store that tells its version', { exact: true, memoryBytes: 1_000_000, cached: false, shared: true }],
    ['one that does not, in its own process', { exact: false, memoryBytes: 1_000_000, cached: false, shared: false }],
    ['two processes over a cache', { exact: false, memoryBytes: 0, cached: true, shared: true }],
    ['two processes over a cache, each with memory', { exact: false, memoryBytes: 1e6, cached: true, shared: false }],
  ])(
    '%s',
    async (_name, way) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), happenings, async (scheduler, what) => {
          expect(await play(way, scheduler, what)).toEqual([])
        }),
        { numRuns: way.cached ? 60 : 300 },
      )
    },
    60_000,
  )
})
