import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { d1 } from '@confab/adapters/d1'
import { mongodb } from '@confab/adapters/mongodb'
import { sqlite } from '@confab/adapters/sqlite'
import { memoryStore } from '@confab/core/memory'
import { renderMarkdown } from '@confab/core'
import { expectRecount } from '@confab/core/testing'
import type { Store } from '@confab/core/ports'
import { startD1 } from '../../../adapters/src/d1/testing/databases.fixture.ts'
import { startServer } from '../../../adapters/src/mongodb/testing/server.fixture.ts'
import type { TestServer } from '../../../adapters/src/mongodb/testing/test-server.fixture.ts'
import { siteDirectory } from '../data/sites.ts'
import { disqusFile, post, thread } from '../import/formats/disqus.fixture.ts'
import { runConfab, startConfab, tempFolder } from '../server.fixture.ts'
import { restoreFile } from './restore.ts'
import type { RestoreOptions, RestoreReport } from './restore.ts'
import { exported, fill, sealed } from './transfer.fixture.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: TestServer
let databases = 0

const d1Databases = startD1(40)

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await Promise.all([server.stop(), d1Databases.stop()])
})

const stores: { readonly [name: string]: () => Store | Promise<Store> } = {
  memory: () => memoryStore(),
  sqlite: () => sqlite(':memory:'),
  mongodb: () => mongodb(server.url, { database: `confab_transfer_${process.pid}_${(databases += 1)}` }),
  d1: async () => d1(await d1Databases.next()),
}

async function openStore(name: string): Promise<Store> {
  const store = await stores[name]?.()
  if (!store) throw new Error('There is no such store')
  await store.migrate()
  return store
}

function fileOf(text: string | Buffer): string {
  const file = join(tempFolder(), 'export.jsonl')
  writeFileSync(file, text)
  return file
}

function restore(file: string, store: Store, options: Partial<RestoreOptions> = {}): Promise<RestoreReport> {
  return restoreFile({
    file,
    site: null,
    skipExisting: false,
    dryRun: false,
    store,
    sites: siteDirectory(store, { now: () => 0 }),
    onProgress() {},
    ...options,
  })
}

const pairs = Object.keys(stores).flatMap((from) => Object.keys(stores).map((to) => [from, to] as const))

describe('a round trip', () => {
  it.each(pairs)('from %s to %s gives the same bytes again', async (from, to) => {
    const source = await openStore(from)
    const target = await openStore(to)
    if (from === 'd1') {
      // Hundreds of commits through Miniflare take a quarter of a minute.
      const filled = await openStore('memory')
      await fill(filled)
      await restore(fileOf(await exported(filled)), source)
    } else await fill(source)
    const text = await exported(source)
    expect(text.split('\n').length).toBeGreaterThan(180)
    expect(await restore(fileOf(text), target)).toEqual({
      dryRun: false,
      threads: 6,
      comments: 180,
      skipped: 0,
      addedSites: ['blog', 'shop'],
    })
    expect(await exported(target)).toBe(text)
    for (const thread of await target.listThreads('blog', { limit: 10 })) {
      await expectRecount(expect, target, thread)
      expect(await target.events.since(thread, thread.ver, 10)).toEqual([])
      for (const row of await target.scan(thread, { limit: 100 })) {
        expect(row.html).toBe(row.source === '' ? '' : renderMarkdown(row.source))
      }
    }
    await source.close()
    await target.close()
  })

  it('through the command, also one site, one thread, gzipped, and through a pipe', async () => {
    const [from, to, third] = [join(tempFolder(), 'a'), join(tempFolder(), 'b'), join(tempFolder(), 'c')]
    await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example', '--data', from])
    const source = sqlite(join(from, 'confab.db'))
    await fill(source)
    const text = await exported(source)
    await source.close()

    const all = await runConfab(['export', '--data', from])
    expect(all).toMatchObject({ code: 0, stderr: '' })
    expect(all.stdout).toBe(text)
    const file = fileOf(gzipSync(text))
    const dry = await runConfab(['import', 'jsonl', file, '--dry-run', '--data', to])
    expect(dry).toMatchObject({
      code: 0,
      stdout: 'Would import 6 threads with 180 comments\nWould add the sites blog, shop\n',
    })
    const done = await runConfab(['import', 'jsonl', file, '--data', to])
    expect(done).toMatchObject({
      code: 0,
      stdout: 'Imported 6 threads with 180 comments\nAdded the sites blog, shop\n',
      stderr: '',
    })
    expect((await runConfab(['export', '--data', to])).stdout).toBe(text)

    const thread = await runConfab(['export', '--site', 'shop', '--thread', '/page/1/ä', '--data', from])
    expect(thread.stdout.match(/"type":"thread"/g)).toHaveLength(1)
    const piped = await runConfab(['import', 'jsonl', '-', '--data', third], { stdin: thread.stdout })
    expect(piped).toMatchObject({ code: 0, stdout: 'Imported 1 thread with 30 comments\nAdded the site shop\n' })
    expect((await runConfab(['export', '--data', third])).stdout).toBe(thread.stdout)

    const site = await runConfab(['import', 'jsonl', file, '--site', 'blog', '--data', third])
    expect(site).toMatchObject({ code: 0, stdout: 'Imported 3 threads with 90 comments\nAdded the site blog\n' })
    expect(await runConfab(['import', 'jsonl', file, '--data', third])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^The thread \/page\/\d\/ä of the site (blog|shop) is there already: leave it as it is with --skip-existing, or choose an empty store\.\n$/,
      ) as string,
    })
    expect(await runConfab(['import', 'jsonl', file, '--skip-existing', '--data', third])).toMatchObject({
      code: 0,
      stdout: 'Imported 2 threads with 60 comments\n4 threads are there already and stay as before\n',
    })
    expect((await runConfab(['export', '--data', third])).stdout).toBe(text)
  })

  it('through the command into a shared store and back', async () => {
    const from = join(tempFolder(), 'a')
    await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example', '--data', from])
    const source = sqlite(join(from, 'confab.db'))
    await fill(source, 1)
    const text = await exported(source)
    await source.close()
    const store = server.url.replace(/\/(\?|$)/, `/confab_command_${process.pid}$1`)
    expect(await runConfab(['import', 'jsonl', fileOf(text), '--store', store])).toMatchObject({ code: 0 })
    expect((await runConfab(['export'], { env: { CONFAB_STORE: store } })).stdout).toBe(text)
    expect(await runConfab(['site', 'list', '--store', store])).toMatchObject({
      stdout: 'blog\thttps://blog.example\nshop\thttps://shop.example\n',
    })
  })
})

it('comments of another system go into a shared store as well, and out again', async () => {
  const store = server.url.replace(/\/(\?|$)/, `/confab_disqus_${process.pid}$1`)
  const env = { CONFAB_STORE: store }
  await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example'], { env })
  const file = join(tempFolder(), 'export.xml')
  writeFileSync(
    file,
    disqusFile(
      thread({ id: 't', link: 'https://blog.example/a/', title: 'A' }) +
        post({ id: 'p', thread: 't', message: '<p>Hello</p>', createdAt: '2020-01-01T00:00:00Z' }),
    ),
  )
  const first = await runConfab(['import', 'disqus', file, '--json'], { env })
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const text = (await runConfab(['export'], { env })).stdout
  expect(text).toContain('"source":"Hello"')
  // Again, as from another machine: the same secret gives the same authors, so nothing changes.
  expect(await runConfab(['import', 'disqus', file], { env })).toMatchObject({ code: 0 })
  expect((await runConfab(['export'], { env })).stdout).toBe(text)
  const { id } = JSON.parse(first.stdout) as { id: string }
  expect(await runConfab(['import', 'undo', id], { env })).toMatchObject({ code: 0 })
  expect((await runConfab(['export'], { env })).stdout).not.toContain('Hello')
})

describe('an export', () => {
  it('says once more what changed while it was read', async () => {
    const source = memoryStore()
    await fill(source, 2)
    const still = await exported(source)
    let moves = 2
    const moving: Store = {
      ...source,
      ver: async (ref) => (await source.ver(ref)) + (moves-- > 0 ? 1 : 0),
    }
    const text = await exported(moving)
    expect(text.match(/^\{"type":"again"\}$/gm)).toHaveLength(2)
    const target = memoryStore()
    expect(await restore(fileOf(text), target)).toMatchObject({ threads: 4, comments: 120 })
    expect(await exported(target)).toBe(still)
    moves = Infinity
    await expect(exported(moving)).rejects.toThrow(/changes faster than it can be exported/)
  })

  it('keeps a newer user as they are', async () => {
    const source = memoryStore()
    await fill(source, 1)
    const target = memoryStore()
    const [ada] = await source.users.get('blog', ['u:Ada'])
    if (!ada) throw new Error('Ada is missing')
    await target.users.put({ ...ada, name: 'Ada since then', at: ada.at + 1 })
    await restore(fileOf(await exported(source)), target)
    expect(await target.users.get('blog', ['u:Ada'])).toMatchObject([{ name: 'Ada since then' }])
  })
})

describe('a file that is wrong changes nothing and names its line', async () => {
  const source = memoryStore()
  await fill(source, 1, 10)
  const text = await exported(source)
  const lines = text.trimEnd().split('\n').slice(0, -1)

  async function refusal(content: string | Buffer): Promise<string> {
    const target = memoryStore()
    const message = await restore(fileOf(content), target).then(
      () => 'imported',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    expect(await target.listThreads('blog', { limit: 1 })).toEqual([])
    expect(await target.users.get('blog', ['u:Ada'])).toEqual([null])
    expect(await siteDirectory(target, { now: () => 0 }).list()).toEqual([])
    return message
  }

  it('wherever it was cut', async () => {
    const bytes = Buffer.from(text)
    const cuts = [
      0,
      1,
      30,
      ...Array.from({ length: 25 }, (_, i) => Math.floor((bytes.length * i) / 25)),
      bytes.length - 1,
    ]
    for (const cut of new Set(cuts)) {
      expect(await refusal(bytes.subarray(0, cut)), `cut at ${cut}`).toMatch(/^Line \d+: .*\. Nothing was written\.$/)
    }
    const atLine = lines.slice(0, 8).map((line) => `${line}\n`)
    expect(await refusal(atLine.join(''))).toBe(
      'Line 9: the end is missing, so the file was cut short. Nothing was written.',
    )
  })

  it('wherever a byte was changed', async () => {
    for (let i = 0; i < 40; i += 1) {
      const bytes = Buffer.from(text)
      const at = Math.floor((bytes.length * i) / 40)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect(await refusal(bytes), `byte ${at}`).toMatch(/^Line \d+: /)
    }
  })

  const change = (type: string, make: (value: { [field: string]: unknown }) => void, nth = 0): string => {
    const places = lines.flatMap((line, i) => (line.startsWith(`{"type":"${type}"`) ? [i] : []))
    const place = places[nth] ?? -1
    return sealed(
      lines.map((line, i) => {
        if (i !== place) return line
        const value = JSON.parse(line) as { [field: string]: unknown }
        make(value)
        return JSON.stringify(value)
      }),
    )
  }

  it('is the only thing wrong with these', async () => {
    const target = memoryStore()
    await restore(fileOf(sealed(lines)), target)
    expect(await exported(target)).toBe(text)
  })

  it.each<[string, () => string, RegExp]>([
    ['nothing', () => '', /^Line 1: the end is missing/],
    ['another format', () => '<xml/>\n', /^Line 1: this is not an export of Confab/],
    [
      'a newer version',
      () => change('header', (line) => (line['version'] = 2)),
      /^Line 1: the export was made by a newer/,
    ],
    [
      'an unknown field',
      () => change('comment', (line) => (line['html'] = '<script>')),
      /^Line \d+: the line is wrong/,
    ],
    ['a wrong sum of replies', () => change('comment', (line) => (line['replies'] = 9)), /recount/],
    ['a wrong sum below', () => change('comment', (line) => (line['descendants'] = 9)), /recount/],
    ['a wrong visibility', () => change('comment', (line) => (line['visible'] = line['visible'] === false)), /recount/],
    ['a wrong total', () => change('thread', (line) => (line['total'] = 9)), /^Line 3: "total" or "roots"/],
    [
      'an unknown parent',
      () => change('comment', (line) => (line['path'] = ['0000000000000000', line['id']]), 0),
      /"path"/,
    ],
    [
      'a strange id of a thread',
      () => change('thread', (line) => (line['key'] = '/x')),
      /^Line 3: "thread" is not the id/,
    ],
    ['a thread of no site', () => change('thread', (line) => (line['site'] = 'none')), /^Line 3: the site none/],
    ['an unknown author', () => change('comment', (line) => (line['author'] = 'u:Eve')), /user "u:Eve"/],
    [
      'a dangerous link',
      () => change('user', (line) => (line['website'] = 'javascript:alert(1)')),
      /"website" is wrong/,
    ],
    [
      'a revision of tomorrow',
      () => change('comment', (line) => (line['revisions'] = [{ rev: 7, source: '', by: 'a', at: 1 }])),
      /"revisions"/,
    ],
    ['a thread twice', () => sealed([...lines.slice(0, 2), ...lines.slice(2), ...lines.slice(2)]), /comes twice/],
    ['something behind the end', () => `${text}{}\n`, /behind the end/],
  ])('%s', async (_, make, reason) => {
    expect(await refusal(make())).toMatch(reason)
  })
})

describe('a large import', () => {
  it('that is killed leaves whole threads, and can be finished', async () => {
    const source = sqlite(join(tempFolder(), 'source.db'))
    await fill(source, 25, 100)
    const text = await exported(source)
    await source.close()
    const file = fileOf(text)
    const data = join(tempFolder(), 'data')
    const threads = 50
    let kills = 0
    for (let delay = 700; kills < 3 && delay < 20_000; delay += 150) {
      const { child, finished } = startConfab(['import', 'jsonl', file, '--skip-existing', '--data', data])
      const timer = setTimeout(() => child.kill('SIGKILL'), delay)
      const { signal } = await finished
      clearTimeout(timer)
      if (signal === null) break
      kills += 1
      const { stdout } = await runConfab([
        'import',
        'jsonl',
        file,
        '--dry-run',
        '--skip-existing',
        '--json',
        '--data',
        data,
      ])
      // Whatever is there is whole: an export would not fit its own sums otherwise.
      const part = (await runConfab(['export', '--data', data])).stdout
      const target = memoryStore()
      if (part !== '') {
        const { threads: there } = await restore(fileOf(part), target)
        expect(there + (JSON.parse(stdout) as RestoreReport).threads).toBe(threads)
      }
    }
    expect(kills).toBeGreaterThan(0)
    expect(await runConfab(['import', 'jsonl', file, '--skip-existing', '--data', data])).toMatchObject({ code: 0 })
    expect((await runConfab(['export', '--data', data])).stdout).toBe(text)
  })
})
