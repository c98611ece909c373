import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { confab } from './command.fixture.ts'
import type { Host } from './host.fixture.ts'
import { articlePage, startHost } from './host.fixture.ts'
import { sharedFile } from './shared.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { threadOn } from './thread.fixture.ts'

/** Our own small export: a thread with a reply, a closed one, spam, and a deleted comment with a living reply. */
const ownExport = `<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
  <category dsq:id="1"><forum>old</forum><title>General</title></category>
  <thread dsq:id="10"><id>p1</id><forum>old</forum><link>https://old.example.org/first-post/</link><title>First post</title>
    <createdAt>2019-05-01T10:00:00Z</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>
  <post dsq:id="100"><message><![CDATA[<p>An old <b>thought</b> &amp; a <a href="https://example.org">link</a></p>]]></message>
    <createdAt>2019-05-01T11:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
    <author><name>Old Reader</name><isAnonymous>false</isAnonymous><username>oldreader</username></author><thread dsq:id="10"/></post>
  <post dsq:id="101"><message><![CDATA[<p>An old answer</p>]]></message>
    <createdAt>2019-05-01T12:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
    <author><name>Author</name><isAnonymous>true</isAnonymous></author><thread dsq:id="10"/><parent dsq:id="100"/></post>
  <post dsq:id="102"><message><![CDATA[<p>Buy cheap things</p>]]></message>
    <createdAt>2019-05-01T13:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>true</isSpam>
    <author><name>Spammer</name><isAnonymous>true</isAnonymous></author><thread dsq:id="10"/></post>
</disqus>
`

describe.skipIf(noBrowser !== null)('comments of an old site', () => {
  let browser: Browser
  let stage: Stage
  let blog: Host
  let folder: string

  beforeAll(async () => {
    ;[browser, stage, blog] = await Promise.all([openBrowser(), openStage(), startHost()])
    folder = await mkdtemp(join(tmpdir(), 'confab-import-'))
    await confab('site', 'add', 'blog', '--origin', blog.origin, '--data', stage.data)
  })
  afterAll(async () => {
    await Promise.all([browser.close(), blog.close(), rm(folder, { recursive: true })])
    await stage.close()
  })

  const importFile = async (file: string): Promise<void> => {
    await confab('import', 'disqus', file, '--site', 'blog', '--data', stage.data)
  }
  const show = (path: string): void => {
    blog.pages.set(path, { html: articlePage(`<script src="${stage.url}/embed.js" data-site="blog" async></script>`) })
  }

  test('an export is imported beside a running server; its threads stand on the pages, spam does not', async () => {
    const file = join(folder, 'own.xml')
    await writeFile(file, ownExport)
    show('/first-post/')
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(`${blog.origin}/first-post/`)
    const thread = threadOn(page)
    await thread.root.getByText('Be the first to write.').waitFor()

    await importFile(file)
    await importFile(file)
    await page.reload()
    await thread.body('An old thought & a link').waitFor()
    await thread.body('An old answer').waitFor()
    expect(await thread.root.getByRole('heading', { level: 2 }).textContent()).toContain('2 comments')
    expect(await thread.body('An old thought').innerHTML()).toMatch(/<strong>thought<\/strong> &amp; a <a /)
    expect(await thread.root.locator('time').first().getAttribute('datetime')).toMatch(/^2019-05-01T/)
    expect(await thread.root.getByText('Buy cheap things').count()).toBe(0)

    await thread.reply('An old thought', 'A new answer', 'Ada')
    await thread.body('A new answer').waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('every public comment of the sample exports is on its page', async () => {
    const file = sharedFile('imports/disqus/own-small.xml')
    if (file === null) return
    await importFile(file)
    const xml = await readFile(file, 'utf8')
    const paths = [
      ...new Set([...xml.matchAll(/<link>\s*https?:\/\/[^/<]+([^<]*?)\s*<\/link>/g)].map((match) => match[1] ?? '/')),
    ]
    expect(paths.length).toBeGreaterThan(0)
    const texts: string[] = []
    const { page, problems } = await openTab(await browser.newContext())
    for (const path of paths) {
      show(path.replace(/\?.*/, ''))
      await page.goto(`${blog.origin}${path}`)
      const { root } = threadOn(page)
      await root.locator('[part~="comment"]').first().waitFor()
      texts.push(...(await root.locator('[part~="body"]').allTextContents()))
    }
    const expected = sharedFile('imports/own-small.expected.json')
    const wanted =
      expected === null
        ? []
        : (JSON.parse(await readFile(expected, 'utf8')) as { texts_public_in_every_file: string[] })
            .texts_public_in_every_file
    for (const text of wanted) expect(texts.join('\n')).toContain(text)
    expect(texts.join('\n')).not.toMatch(/Buy now|this was removed/)
    expect(problems).toEqual([])
    await page.context().close()
  })
})
