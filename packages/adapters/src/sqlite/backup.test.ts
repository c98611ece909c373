import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Id, Op } from '@confab/core/ports'
import { expectRecount } from '@confab/core/testing'
import { sqlite } from './index.ts'
import type { SqliteStore } from './index.ts'

const thread = { site: 'blog', thread: 'thread', key: '/' }

describe('backup', () => {
  let folder = ''
  let count = 0

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confab-backup-'))
    count = 0
  })
  afterEach(() => rm(folder, { recursive: true }))

  const nextId = () => String(++count).padStart(16, '0')

  async function prepare(store: SqliteStore): Promise<SqliteStore> {
    await store.migrate()
    await store.users.put({
      site: 'blog',
      id: 'u',
      name: 'U',
      avatar: null,
      website: null,
      email: null,
      role: 'member',
      at: 1,
    })
    return store
  }

  async function add(store: SqliteStore): Promise<Id> {
    const op: Op = {
      op: 'create',
      id: nextId(),
      parent: null,
      replyTo: null,
      author: 'u',
      source: 'text '.repeat(100),
      html: 'text',
      status: 'published',
      at: 1,
      key: null,
    }
    await store.commit(thread, [op], { at: 1, eventId: nextId })
    return op.id
  }

  test('made while somebody writes, it holds every comment acknowledged before', async () => {
    const store = await prepare(sqlite(join(folder, 'confab.db')))
    const acknowledged: Id[] = []
    let isWriting = true
    const writers = Array.from({ length: 8 }, async () => {
      while (isWriting) acknowledged.push(await add(store))
    })
    for (const name of ['one.db', 'two.db', 'three.db']) {
      const already = acknowledged.length
      while (acknowledged.length < already + 200) await new Promise((resolve) => setTimeout(resolve, 5))
      const before = [...acknowledged]
      await store.backup(join(folder, name))

      const copy = sqlite(join(folder, name))
      await copy.migrate()
      const rows = await copy.rows(thread, before)
      expect(rows.filter((row) => row === null)).toEqual([])
      await expectRecount(expect, copy, thread)
      await copy.close()
      const handle = new DatabaseSync(join(folder, name))
      expect(handle.prepare('PRAGMA integrity_check').all()).toMatchObject([{ integrity_check: 'ok' }])
      handle.close()
    }
    isWriting = false
    await Promise.all(writers)
    expect((await store.rows(thread, acknowledged)).every(Boolean)).toBe(true)
    await store.close()
  })

  test('takes the place of an older one, and leaves nothing else behind', async () => {
    const store = await prepare(sqlite(join(folder, 'confab.db')))
    const file = join(folder, 'backup.db')
    await writeFile(file, 'an older one')
    await writeFile(`${file}.partial`, 'one that was cut off')
    const id = await add(store)
    await store.backup(file)
    await store.close()
    expect((await readdir(folder)).toSorted()).toEqual(['backup.db', 'confab.db'])
    const copy = sqlite(file)
    expect(await copy.rows(thread, [id])).toMatchObject([{ id }])
    await copy.close()
  })

  test('of a database in memory works too', async () => {
    const store = await prepare(sqlite(':memory:'))
    const id = await add(store)
    await store.backup(join(folder, 'backup.db'))
    await store.close()
    const copy = sqlite(join(folder, 'backup.db'))
    expect(await copy.rows(thread, [id])).toMatchObject([{ id }])
    await copy.close()
  })

  test('into a folder that does not exist has a code, and leaves nothing', async () => {
    const store = await prepare(sqlite(join(folder, 'confab.db')))
    await expect(store.backup(join(folder, 'none', 'backup.db'))).rejects.toMatchObject({ code: 'store_missing' })
    await store.close()
    await expect(access(join(folder, 'none'))).rejects.toThrow('ENOENT')
    await expect(store.backup(join(folder, 'backup.db'))).rejects.toMatchObject({ code: 'store_closed' })
  })
})
