import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseSync } from 'node:sqlite'
import { disqusFile, post, thread } from './formats/disqus.fixture.ts'
import type { ImportReport } from './report.ts'
import { postComment, readPage, runConfab, sharedData, startConfab, startServe, tempFolder } from '../server.fixture.ts'
import type { PageView } from '../server.fixture.ts'

let data = ''
let folder = ''

beforeEach(async () => {
  folder = tempFolder()
  data = join(folder, 'data')
  await confab('site', 'add', 'blog', '--origin', 'https://blog.example')
})

/** Runs a command that must go well, and answers what it printed. */
async function confab(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runConfab([...args, '--data', data])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function importFile(file: string, ...args: string[]): Promise<ImportReport> {
  return JSON.parse(await confab('import', 'disqus', file, '--json', ...args)) as ImportReport
}

function write(content: string | Uint8Array): string {
  const file = join(folder, 'export.xml')
  writeFileSync(file, content)
  return file
}

/** Every row of every table, but for the store's own notes about collections. */
function dump(): { readonly [table: string]: unknown[] } {
  const db = new DatabaseSync(join(data, 'confab.db'), { readOnly: true })
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  const rows = tables
    .map((row) => String(row['name']))
    .filter((name) => name !== 'record_spec')
    .map(
      (name) =>
        [
          name,
          db
            .prepare(`SELECT * FROM "${name}"`)
            .all()
            .map((row) => ({ ...row })),
        ] as const,
    )
  db.close()
  return Object.fromEntries(rows)
}

function texts(page: PageView): string[] {
  return page.items.flatMap(({ html, replies }) => [html, ...replies.items.map((reply) => reply.html)])
}

const conversation = disqusFile(
  thread({ id: '1', link: 'https://blog.example/a/', title: 'First', closed: true }) +
    thread({ id: '2', link: 'https://blog.example/b/' }) +
    post({ id: '10', thread: '1', message: '<p>Hello <b>world</b></p>' }) +
    post({ id: '11', thread: '1', parent: '10', message: '<p>Reply</p>', createdAt: '2020-09-13T12:27:00Z' }) +
    post({
      id: '12',
      thread: '2',
      message: '<p>Gone</p>',
      deleted: true,
      author: '<name>Del</name><email>del@example.com</email>',
    }) +
    post({ id: '13', thread: '2', parent: '12', message: '<p>Stays</p>', createdAt: '2020-09-13T12:28:00Z' }) +
    post({ id: '14', thread: '2', message: '<p>Buy</p>', spam: true, author: '<name>Spammer</name>' }),
)

describe('an import', () => {
  it('brings pages, comments, replies and states, with their own dates', async () => {
    const report = await importFile(write(conversation))
    expect(report).toMatchObject({
      format: 'disqus',
      site: 'blog',
      dryRun: false,
      found: { threads: 2, comments: 5, replies: 2, authors: 2, hidden: { spam: 1, deleted: 1, pending: 0 } },
      written: 5,
      existing: 0,
      skipped: { total: 0 },
      hosts: [{ host: 'blog.example', pages: 2 }],
    })

    const { url } = await startServe(data)
    const first = await readPage(url, 'blog', '/a/')
    expect(first.thread).toMatchObject({ comments: 2, state: 'locked', title: 'First' })
    expect(first.items).toMatchObject([
      {
        html: '<p>Hello <strong>world</strong></p>\n',
        createdAt: Date.parse('2020-09-13T12:26:50Z'),
        author: { name: 'Ann' },
        replies: { count: 1, items: [{ html: '<p>Reply</p>\n' }] },
      },
    ])
    const second = await readPage(url, 'blog', '/b/')
    expect(second.thread).toMatchObject({ comments: 1, state: 'open' })
    expect(second.items).toMatchObject([
      { status: 'deleted', html: '', author: null, replies: { items: [{ html: '<p>Stays</p>\n' }] } },
    ])
    const answers = JSON.stringify([first, second])
    expect(answers).not.toMatch(/example\.com|Gone|Buy|Spammer|Del/)
  })

  it('changes nothing the second time', async () => {
    const file = write(conversation)
    const first = await importFile(file)
    const before = dump()
    const second = await importFile(file)
    expect(second).toMatchObject({ id: null, found: first.found, written: 0, existing: 5 })
    expect(dump()).toEqual(before)
  })

  it('adds only what a newer export has, and leaves alone what people changed here', async () => {
    await importFile(write(conversation))
    const newer = conversation.replace(
      '</disqus>',
      `${post({ id: '15', thread: '1', parent: '11', message: '<p>New</p>' })}</disqus>`,
    )
    expect(await importFile(write(newer))).toMatchObject({ written: 1, existing: 5 })
    expect((await confab('import', 'list')).trim().split('\n')).toHaveLength(2)
  })

  it('of a closed thread leaves a conversation open that people began here', async () => {
    const server = await startServe(data)
    await postComment(server.url, { site: 'blog', pageKey: '/a/' }, 'I was here first')
    await importFile(write(conversation))
    const page = await readPage(server.url, 'blog', '/a/')
    expect(page.thread).toMatchObject({ comments: 3, state: 'open' })
  })

  it('is seen at once by readers of a running server', async () => {
    const server = await startServe(data)
    expect((await readPage(server.url, 'blog', '/a/')).thread.comments).toBe(0)
    await importFile(write(conversation))
    expect((await readPage(server.url, 'blog', '/a/')).thread.comments).toBe(2)
  })

  it('reads a gzipped file', async () => {
    expect(await importFile(write(gzipSync(conversation)))).toMatchObject({ written: 5 })
  })

  it('gives nobody rights, and hides whom an id stands for', async () => {
    await importFile(write(conversation))
    const { user } = dump()
    expect(user).toHaveLength(3)
    for (const row of user ?? []) {
      expect(row).toMatchObject({ site: 'blog', role: 'guest' })
      expect((row as { id: string }).id).toMatch(/^disqus:(?:deleted|[\w-]{22})$/)
    }
    expect(user).toContainEqual(expect.objectContaining({ name: 'Ann', email: 'ann@example.com' }))
    expect(JSON.stringify(user)).not.toContain('del@example.com')
  })
})

describe('a dry run', () => {
  it('says the same and writes nothing', async () => {
    const file = write(conversation)
    const before = dump()
    const rehearsal = await importFile(file, '--dry-run')
    expect(dump()).toEqual(before)
    const { found, skipped, hosts, written, existing } = await importFile(file)
    expect(rehearsal).toMatchObject({ id: null, dryRun: true, found, skipped, hosts, written, existing })
    expect(await importFile(file, '--dry-run')).toMatchObject({ found, written: 0, existing: 5 })
  })

  it('needs no data folder and makes none', async () => {
    const file = write(conversation)
    const elsewhere = join(folder, 'none')
    const { code, stdout } = await runConfab(['import', 'disqus', file, '--dry-run', '--data', elsewhere])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Would add 5 comments$/m)
    expect(stdout).toMatch(/nothing was written/)
    expect(readdirSync(folder).sort()).toEqual(['data', 'export.xml'])
  })
})

describe('undo', () => {
  it('takes away what the import wrote, and nothing that was there', async () => {
    const server = await startServe(data)
    await postComment(server.url, { site: 'blog', pageKey: '/b/' }, 'Mine')
    const { id } = await importFile(write(conversation))
    expect(await confab('import', 'undo', String(id))).toMatch(/^Removed 5 comments /)
    expect(texts(await readPage(server.url, 'blog', '/b/'))).toEqual(['<p>Mine</p>\n'])
    const page = await readPage(server.url, 'blog', '/a/')
    expect(page).toMatchObject({ thread: { comments: 0, state: 'open' }, items: [] })
    // Neither texts nor people stay behind.
    expect(JSON.stringify(dump())).not.toMatch(/ann@example\.com|Hello|Stays|Ann|Spammer/)
  })

  it('leaves what people answered, in its place', async () => {
    const { id } = await importFile(write(conversation))
    const server = await startServe(data)
    const { items } = await readPage(server.url, 'blog', '/b/')
    const imported = items[0]?.replies.items[0]?.id
    await postComment(server.url, { site: 'blog', pageKey: '/b/', parent: String(imported) }, 'My answer')
    const output = await confab('import', 'undo', String(id))
    expect(output).toMatch(/^Removed 3 comments /)
    expect(output).toMatch(/^2 comments without text kept the place/m)
    const page = JSON.stringify(await readPage(server.url, 'blog', '/b/'))
    expect(page).not.toMatch(/Stays|Ann/)
    expect((await readPage(server.url, 'blog', '/b/')).thread.comments).toBe(1)
  })

  it('does no harm twice, and lets the file be imported again', async () => {
    const file = write(conversation)
    const { id } = await importFile(file)
    await confab('import', 'undo', String(id))
    const before = dump()
    expect(await confab('import', 'undo', String(id))).toMatch(/was undone before/)
    expect(dump()).toEqual(before)
    const again = await importFile(file)
    expect(again).toMatchObject({ written: 5, existing: 0 })
    expect(again.id).not.toBe(id)
    expect(dump()['user']).toContainEqual(expect.objectContaining({ name: 'Ann', email: 'ann@example.com' }))
  })

  it('of one import leaves another alone', async () => {
    const { id } = await importFile(write(conversation))
    const other = disqusFile(
      thread({ id: '1', link: 'https://blog.example/a/' }) + post({ id: '99', thread: '1', message: '<p>Other</p>' }),
    )
    await importFile(write(other))
    await confab('import', 'undo', String(id))
    const server = await startServe(data)
    expect(texts(await readPage(server.url, 'blog', '/a/'))).toEqual(['<p>Other</p>\n'])
  })

  it('of an unknown import is refused', async () => {
    const { code, stderr } = await runConfab(['import', 'undo', 'nope', '--data', data])
    expect(code).toBe(1)
    expect(stderr).toBe('There is no import "nope": see "confab import list" for the ids.\n')
  })
})

describe('an import that is killed', () => {
  const posts = Array.from({ length: 6000 }, (_, i) =>
    post({
      id: String(i),
      thread: String(i % 3),
      message: `<p>Number ${i}</p>`,
      createdAt: new Date(Date.parse('2020-01-01T00:00:00Z') + i * 1000).toISOString(),
      ...(i > 2 && i % 5 === 0 ? { parent: String(i - 3) } : {}),
    }),
  )
  const threads = [0, 1, 2].map((i) => thread({ id: String(i), link: `https://blog.example/${i}` }))
  const large = disqusFile([...threads, ...posts].join('\n'))

  async function killHalfWay(file: string): Promise<number> {
    const running = startConfab(['import', 'disqus', file, '--data', data])
    const db = new DatabaseSync(join(data, 'confab.db'), { readOnly: true, timeout: 1000 })
    const written = db.prepare('SELECT count(*) AS n FROM comment')
    await expect.poll(() => Number(written.get()?.['n']), { timeout: 15_000, interval: 2 }).toBeGreaterThan(400)
    running.child.kill('SIGKILL')
    const { signal } = await running.finished
    expect(signal).toBe('SIGKILL')
    const count = Number(written.get()?.['n'])
    db.close()
    return count
  }

  it('can be run again, and is then complete', async () => {
    const file = write(large)
    const half = await killHalfWay(file)
    expect(half).toBeLessThan(6000)
    const report = await importFile(file)
    expect(report).toMatchObject({ found: { comments: 6000 }, written: 6000 - half, existing: half })
    expect(await confab('import', 'list')).toMatch(/\tdone\t6000\n$/)

    // One undo takes all of it away, also what the killed process wrote.
    expect(await confab('import', 'undo', String(report.id))).toMatch(/^Removed 6,000 comments /)
    expect(dump()['comment']).toEqual([])
  })

  it('can be undone as it is', async () => {
    const file = write(large)
    const half = await killHalfWay(file)
    const [entry] = (JSON.parse(await confab('import', 'list', '--json')) as { items: { id: string; state: string }[] })
      .items
    expect(entry).toMatchObject({ state: 'running' })
    const undone = JSON.parse(await confab('import', 'undo', String(entry?.id), '--json')) as { removed: number }
    expect(undone.removed).toBe(half)
    expect(dump()['comment']).toEqual([])
  })
})

describe('what goes wrong', () => {
  it.each([
    ['a file that is cut off', () => conversation.slice(0, -40), /ends in the middle \(line \d+\)/],
    ['a damaged gzip file', () => gzipSync(conversation).subarray(0, 200), /damaged or incomplete gzip file/],
    ['an image', () => new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]), /text stands before the first tag/],
  ])('%s changes nothing', async (_, content, problem) => {
    const before = dump()
    const { code, stdout, stderr } = await runConfab(['import', 'disqus', write(content()), '--data', data])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(problem)
    expect(stderr).toMatch(/^[^\n]+Nothing was written\.\n$/)
    expect(dump()).toEqual(before)
  })

  it.each([
    ['a missing file', ['import', 'disqus', '/nowhere/export.xml'], /^There is no file \/nowhere\/export\.xml\.\n$/],
    ['a folder', ['import', 'disqus', import.meta.dirname], /is a folder: name the export file in it\.\n$/],
    [
      'an unknown site',
      ['import', 'disqus', 'x', '--site', 'nope'],
      /^There is no site "nope": add it with "confab site add nope /,
    ],
  ])('%s is one sentence', async (_, args, problem) => {
    const { code, stdout, stderr } = await runConfab([...args, '--data', data])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(problem)
  })

  it('several sites need a name', async () => {
    await confab('site', 'add', 'shop', '--origin', 'https://shop.example')
    const { code, stderr } = await runConfab(['import', 'disqus', write(conversation), '--data', data])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'There are several sites: name the one the comments belong to with --site.\n',
    })
  })
})

const samples = sharedData('imports', 'disqus')
if (samples === null) console.warn('The shared samples of Disqus exports are not here: only the own ones were tried')

describe.each(samples === null ? [] : [samples])('the shared samples in %s', (folderOfSamples) => {
  const sample = (name: string): string => join(folderOfSamples, name)

  it('own-small gives the expected numbers, once and twice', async () => {
    const expected = JSON.parse(readFileSync(join(folderOfSamples, '..', 'own-small.expected.json'), 'utf8')) as {
      pages: number
      texts_public_in_every_file: string[]
      parent_of: { [text: string]: string }
      created_utc: { [text: string]: string }
      files: { [name: string]: { comments_in_file: number; public_after_import: number; never_public: string[] } }
    }
    const numbers = expected.files['disqus/own-small.xml']
    for (const existing of [0, 9]) {
      const report = await importFile(sample('own-small.xml'))
      expect(report).toMatchObject({
        found: { threads: expected.pages, comments: numbers?.comments_in_file, hidden: { spam: 1, deleted: 1 } },
        existing,
      })
    }

    const { url } = await startServe(data)
    const pages = await Promise.all(['/a/', '/b/?x=1', '/c/'].map((key) => readPage(url, 'blog', key)))
    expect(pages.reduce((sum, { thread: { comments } }) => sum + comments, 0)).toBe(numbers?.public_after_import)
    const all = JSON.stringify(pages)
    for (const text of expected.texts_public_in_every_file) expect(all).toContain(text)
    for (const text of numbers?.never_public ?? []) expect(all).not.toContain(text)

    interface Node {
      id: string
      html: string
      createdAt: number
      parent: string | null
      replies: { items: Node[] }
    }
    const nodes = (items: Node[]): Node[] => items.flatMap((item) => [item, ...nodes(item.replies.items)])
    const flat = nodes(pages.flatMap(({ items }) => items) as unknown as Node[])
    const plain = (node: Node | undefined): string => (node?.html ?? '').replaceAll(/<[^>]+>/g, '').trim()
    for (const node of flat.filter(({ html }) => html !== '')) {
      expect(new Date(node.createdAt).toISOString().replace('.000', '')).toBe(expected.created_utc[plain(node)])
      const parent = flat.find(({ id }) => id === node.parent)
      const expectedParent = expected.parent_of[plain(node)]
      expect(plain(parent)).toBe(expectedParent === 'this was removed' ? '' : (expectedParent ?? ''))
    }
  })

  it.each([
    ['artransfer-disqus.xml', { threads: 1, comments: 4 }, 0],
    ['comentario-empty.xml', { threads: 0, comments: 0 }, 0],
    ['comentario-single.xml', { threads: 1, comments: 1 }, 0],
    ['isso-disqus.xml', { threads: 2, comments: 5 }, 1],
  ])('%s', async (name, found, skipped) => {
    expect(await importFile(sample(name))).toMatchObject({
      found,
      written: found.comments,
      skipped: { total: skipped },
    })
  })

  it('remark42-disqus.xml begins with a stray character and is refused as a whole', async () => {
    const { code, stderr } = await runConfab(['import', 'disqus', sample('remark42-disqus.xml'), '--data', data])
    expect(code).toBe(1)
    expect(stderr).toMatch(/text stands before the first tag \(line 1\)\. Nothing was written\.\n$/)
    expect(dump()['comment']).toEqual([])
  })
})
