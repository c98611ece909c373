import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { sqlite } from './index.ts'
import { bringForward, migrations } from './schema.ts'

const thread = { site: 'blog', thread: 'thread-of-old', key: '/old' }

describe('migrations', () => {
  let folder = ''
  let file = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confab-schema-'))
    file = join(folder, 'confab.db')
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('a file of each older version is brought forward and keeps what it holds', async () => {
    for (const [from] of migrations.entries()) {
      const old = join(folder, `version-${from + 1}.db`)
      const db = openDatabase(old, 1000)
      bringForward(db, migrations.slice(0, from + 1))
      db.handle.exec(`
        INSERT INTO thread (t, site, key, ver, total, roots, state, at) VALUES ('thread-of-old', 'blog', '/old', 1, 1, 1, 0, 5);
        INSERT INTO user (site, id, name, role, at) VALUES ('blog', 'u', 'Old Ada', 'member', 5);
        INSERT INTO comment (t, id, p, path, st, vis, rev, kids, des, site, u, up, dn, at, src, html)
          VALUES ('thread-of-old', 'c', '', 'c', 0, 1, 1, 0, 0, 'blog', 'u', 0, 0, 5, 'old', '<p>old</p>');`)
      await db.close()

      const store = sqlite(old)
      await store.migrate()
      const page = await store.page({ ...thread, parent: null, sort: 'newest', limit: 5 })
      expect(page).toMatchObject({
        thread: { ver: 1 },
        rows: [{ id: 'c', source: 'old', author: { name: 'Old Ada' } }],
      })
      await store.close()
    }
  })

  test('steps run once, in order, each after what the ones before left', async () => {
    const steps = ['CREATE TABLE a (x)', 'INSERT INTO a VALUES (1)', 'UPDATE a SET x = x + 1; CREATE INDEX ax ON a(x)']
    const db = openDatabase(file, 1000)
    bringForward(db, steps.slice(0, 1))
    bringForward(db, steps)
    bringForward(db, steps)
    expect(db.all('SELECT x FROM a')).toEqual([[2]])
    expect(db.all('PRAGMA user_version')).toEqual([[3]])
    await db.close()
  })

  test('a step that fails leaves the file as it was', async () => {
    const steps = ['CREATE TABLE a (x); INSERT INTO a VALUES (1)', 'UPDATE a SET x = 2; INSERT INTO missing VALUES (1)']
    const db = openDatabase(file, 1000)
    bringForward(db, steps.slice(0, 1))
    expect(() => bringForward(db, steps)).toThrow(/missing/)
    expect(db.all('SELECT x FROM a')).toEqual([[1]])
    expect(db.all('PRAGMA user_version')).toEqual([[1]])
    expect(db.handle.isTransaction).toBe(false)
    await db.close()
  })

  test('several that start at once make one schema', async () => {
    const stores = Array.from({ length: 4 }, () => sqlite(file))
    await Promise.all(stores.map((store) => store.migrate()))
    for (const store of stores) await store.ping()
    await Promise.all(stores.map((store) => store.close()))
  })

  test('a newer file is refused in one sentence and not touched', async () => {
    const store = sqlite(file)
    await store.migrate()
    await store.close()
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)')
    newer.close()
    const before = await readFile(file)

    const old = sqlite(file)
    await expect(old.migrate()).rejects.toMatchObject({
      code: 'store_newer',
      message: expect.stringMatching(
        /^The database was written by a newer version of Confab .*: update Confab$/,
      ) as string,
    })
    await old.close()
    expect(await readFile(file)).toEqual(before)
  })

  test("another program's file is refused and not touched", async () => {
    const theirs = new DatabaseSync(file)
    theirs.exec('CREATE TABLE theirs (x); PRAGMA user_version = 1')
    theirs.close()
    const before = await readFile(file)
    const store = sqlite(file)
    await expect(store.migrate()).rejects.toMatchObject({ code: 'store_foreign' })
    await store.close()
    expect(await readFile(file)).toEqual(before)
  })

  test('an empty file becomes a database', async () => {
    await writeFile(file, '')
    const store = sqlite(file)
    await store.migrate()
    await store.ping()
    await store.close()
    expect((await stat(file)).size).toBeGreaterThan(0)
  })

  test('the file is in WAL mode and synced in full', async () => {
    const handle = new DatabaseSync(file)
    handle.exec('PRAGMA synchronous = OFF')
    const store = sqlite(handle)
    await store.migrate()
    expect(pragmas(handle)).toEqual({ journal_mode: 'wal', synchronous: 2 })
    await store.close()
    handle.close()
  })

  test('records get their places anew when their indexes are declared otherwise', async () => {
    const spec = (indexes: { readonly [name: string]: readonly string[] }) => ({ name: 'things', indexes })
    const store = sqlite(file)
    await store.migrate()
    const before = store.records(spec({ byA: ['a'], byB: ['b'] }))
    await before.write('p', [{ put: { id: '1', a: 1, b: 2 } }, { put: { id: '2', a: 2, b: 1 } }])
    await store.close()

    const again = sqlite(file)
    await again.migrate()
    const after = again.records(spec({ byB: ['a'], byC: ['c', 'b'] }))
    const ids = async (index: string) => (await after.list('p', index, { limit: 9 })).rows.map(({ id }) => id)
    expect(await ids('byB')).toEqual(['1', '2'])
    expect(await ids('byC')).toEqual(['2', '1'])
    await again.close()
    const db: Database = openDatabase(file, 1000)
    expect(db.all('SELECT DISTINCT ix FROM record_index ORDER BY ix')).toEqual([['byB'], ['byC']])
    await db.close()
  })
})

function pragmas(handle: DatabaseSync): object {
  return { ...handle.prepare('PRAGMA journal_mode').get(), ...handle.prepare('PRAGMA synchronous').get() }
}
