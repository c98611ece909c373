import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommitOptions, Op, ThreadTarget, UserRow } from '@confab/core/ports'
import { sqlite } from './index.ts'
import type { SqliteStore } from './index.ts'

const thread: ThreadTarget = { site: 'blog', thread: 'thread', key: '/' }
const ada: UserRow = {
  site: 'blog',
  id: 'u',
  name: 'Ada',
  avatar: null,
  website: null,
  email: null,
  role: 'member',
  at: 1,
}

describe('what goes wrong has a code', () => {
  let folder = ''
  let file = ''
  let count = 0

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confab-errors-'))
    file = join(folder, 'confab.db')
    count = 0
  })
  afterEach(() => rm(folder, { recursive: true }))

  const nextId = () => String(++count).padStart(16, '0')
  const options: CommitOptions = { at: 1, eventId: nextId }
  const create = (text = 'text'): Op => ({
    op: 'create',
    id: nextId(),
    parent: null,
    replyTo: null,
    author: 'u',
    source: text,
    html: text,
    status: 'published',
    at: 1,
    key: null,
  })
  const prepare = async (store: SqliteStore) => {
    await store.migrate()
    await store.users.put(ada)
    return store
  }

  test('store_missing: there is no such folder', () => {
    expect(() => sqlite(join(folder, 'none', 'confab.db'))).toThrow(
      expect.objectContaining({ code: 'store_missing', message: expect.stringContaining('folder') as string }),
    )
  })

  test('store_missing: a folder where the file should be', async () => {
    await mkdir(file)
    expect(() => sqlite(file)).toThrow(expect.objectContaining({ code: 'store_missing' }))
  })

  test('store_corrupt: not a database', async () => {
    await writeFile(file, 'This is a text that somebody wrote, long enough to be more than a header. '.repeat(20))
    const store = sqlite(file)
    await expect(store.migrate()).rejects.toMatchObject({ code: 'store_corrupt' })
    await store.close()
  })

  test('store_corrupt: a database with holes', async () => {
    const store = await prepare(sqlite(file))
    for (let i = 0; i < 30; i++)
      await store.commit(
        thread,
        Array.from({ length: 10 }, () => create('x'.repeat(300))),
        options,
      )
    await store.close()
    const { length } = await readFile(file)
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(length - 3 * 4096, 0xa5), 0, length - 3 * 4096, 3 * 4096)
    await handle.close()

    const damaged = sqlite(file)
    await expect(damaged.scan(thread, { limit: 1000 })).rejects.toMatchObject({ code: 'store_corrupt' })
    await damaged.close()
  })

  test('store_corrupt: a value that cannot be', async () => {
    const store = await prepare(sqlite(file))
    await store.commit(thread, [create()], options)
    const handle = new DatabaseSync(file)
    handle.exec('UPDATE comment SET st = 77')
    handle.close()
    await expect(store.scan(thread, { limit: 10 })).rejects.toMatchObject({ code: 'store_corrupt' })
    await store.close()
  })

  test('store_failed: used before migrate, with what to do', async () => {
    const store = sqlite(file)
    await expect(store.ping()).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('`migrate`') as string,
    })
    await store.close()
  })

  test('store_busy: another process holds the database longer than one is willing to wait', async () => {
    const store = await prepare(sqlite(file, { busyMs: 120 }))
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const started = performance.now()
    await expect(store.commit(thread, [create()], options)).rejects.toMatchObject({ code: 'store_busy' })
    expect(performance.now() - started).toBeGreaterThan(100)
    // Readers need no lock.
    expect(await store.ver(thread)).toBe(0)
    other.exec('COMMIT')
    await store.commit(thread, [create()], options)
    expect(await store.ver(thread)).toBe(1)
    other.close()
    await store.close()
  })

  test('waits for a lock that is released in time, without stopping the process', async () => {
    const store = await prepare(sqlite(file))
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
      if (turns === 20) other.exec('COMMIT')
    }, 5)
    const commits = await Promise.all([
      store.commit(thread, [create()], options),
      store.commit(thread, [create()], options),
    ])
    clearInterval(timer)
    expect(commits.map(({ results }) => results[0]?.ok)).toEqual([true, true])
    expect(turns).toBeGreaterThan(19)
    expect(await store.ver(thread)).toBe(2)
    other.close()
    await store.close()
  })

  test('store_busy: locked as a whole while it is opened', async () => {
    const other = new DatabaseSync(file)
    other.exec('PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE theirs (x)')
    const store = sqlite(file, { busyMs: 100 })
    await expect(store.migrate()).rejects.toMatchObject({ code: 'store_busy' })
    other.close()
    await store.close()
  })

  test('store_readonly: a database that may only be read', async () => {
    await (await prepare(sqlite(file))).close()
    const handle = new DatabaseSync(file, { readOnly: true })
    const store = sqlite(handle)
    expect(await store.ver(thread)).toBe(0)
    await expect(store.users.put(ada)).rejects.toMatchObject({ code: 'store_readonly' })
    await store.close()
    handle.close()
  })

  test('store_full: no room, and what was acknowledged stays', async () => {
    const handle = new DatabaseSync(file)
    const store = await prepare(sqlite(handle))
    await store.commit(thread, [create('small')], options)
    const { page_count: pages } = handle.prepare('PRAGMA page_count').get() ?? {}
    handle.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`)

    const large = () => store.commit(thread, [create('x'.repeat(50_000))], options)
    const outcomes = await Promise.all(
      [large(), large(), large()].map((commit) => commit.catch((error: unknown) => error)),
    )
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 'store_full' })
    expect(await store.scan(thread, { limit: 10 })).toMatchObject([{ source: 'small' }])
    expect(await store.ver(thread)).toBe(1)

    handle.exec('PRAGMA max_page_count = 1000000')
    await large()
    expect(await store.ver(thread)).toBe(2)
    await store.close()
    handle.close()
  })

  test('store_full: does not keep a small write beside a large one from going through', async () => {
    const handle = new DatabaseSync(file)
    const store = await prepare(sqlite(handle))
    const { page_count: pages } = handle.prepare('PRAGMA page_count').get() ?? {}
    handle.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`)
    const [small, large] = await Promise.allSettled([
      store.users.put({ ...ada, name: 'Renamed' }),
      store.commit(thread, [create('x'.repeat(50_000))], options),
    ])
    expect(small.status).toBe('fulfilled')
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'store_full' } })
    expect(await store.users.get('blog', ['u'])).toMatchObject([{ name: 'Renamed' }])
    await store.close()
    handle.close()
  })

  test('store_closed: a database of yours that you closed', async () => {
    const handle = new DatabaseSync(file)
    const store = await prepare(sqlite(handle))
    handle.close()
    await expect(store.ver(thread)).rejects.toMatchObject({ code: 'store_closed' })
    await expect(store.users.put(ada)).rejects.toMatchObject({ code: 'store_closed' })
    await store.close()
  })

  test('a database of yours stays open', async () => {
    const handle = new DatabaseSync(file)
    const store = await prepare(sqlite(handle))
    await store.close()
    expect(handle.isOpen).toBe(true)
    handle.close()
  })

  test('says nothing of places and statements', async () => {
    const store = sqlite(file, { busyMs: 0 })
    const errors = [
      await store.ping().catch((error: unknown) => error),
      await Promise.resolve()
        .then(() => sqlite(join(folder, 'none', 'x.db')))
        .catch((error: unknown) => error),
    ]
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).not.toContain(folder)
      expect(String(error)).not.toContain('SELECT')
    }
    await store.close()
  })
})
