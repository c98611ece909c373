import { readFileSync } from 'node:fs'
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

/** What every attack tries to reach. Ours call it by name; foreign ones open a dialog, which is noted as well. */
const ownPayloads = [
  '<script>attacked()</script>',
  '<img src=x onerror=attacked()>',
  '<svg onload=attacked()>',
  '[click](javascript:attacked())',
  '[click](JaVaScRiPt:attacked())',
  '[click](data:text/html;base64,PHNjcmlwdD5hdHRhY2tlZCgpPC9zY3JpcHQ+)',
  '![x](x" onerror="attacked())',
  '<https://example.org/"onmouseover="attacked()>',
  '```"><img/src=x/onerror=attacked()>\ncode\n```',
  '"><iframe srcdoc="<script>parent.attacked()</script>">',
  '</textarea><script>attacked()</script>',
  '{{constructor.constructor("attacked()")()}}',
  '<math><mi xlink:href="javascript:attacked()">x</mi></math>',
  '<style>@import "javascript:attacked()";</style>',
  '&#60;script&#62;attacked()&#60;/script&#62;',
  '[x]: javascript:attacked()\n\n[x]',
]

const allowedTags = new Set(
  'p br strong em s a code pre blockquote ul ol li hr h1 h2 h3 h4 h5 h6 table thead tbody tr th td span del'.split(' '),
)

/** Every field that a stranger fills in and that somebody may see. */
function bodiesWith(payload: string): object[] {
  const short = payload.slice(0, 60)
  return [
    { body: payload, guest: { name: 'Mallory' } },
    { body: 'in the name', guest: { name: short } },
    { body: 'in the website', guest: { name: 'Mallory', website: payload } },
    { body: 'in title and address', guest: { name: 'Mallory' }, title: payload.slice(0, 300), url: payload },
    { body: 'in the title', guest: { name: 'Mallory' }, title: payload.slice(0, 300) },
  ]
}

describe.skipIf(noBrowser !== null)('attacks in every field', () => {
  let browser: Browser
  let stage: Stage
  let blog: Host

  beforeAll(async () => {
    ;[browser, stage, blog] = await Promise.all([openBrowser(), openStage(), startHost()])
    await confab('site', 'add', 'blog', '--origin', blog.origin, '--data', stage.data)
  })
  afterAll(async () => {
    await Promise.all([browser.close(), blog.close()])
    await stage.close()
  })

  test('nothing runs, nothing but allowed elements reaches the page', async () => {
    const file = sharedFile('xss/corpus-a.json')
    const corpus = file === null ? [] : (JSON.parse(readFileSync(file, 'utf8')) as { payload: string }[])
    const writtenOn: number[] = []
    const payloads = [...ownPayloads, ...corpus.map(({ payload }) => payload)].map((text) => text.slice(0, 10_000))

    const pages = chunks(payloads, 40)
    for (const [index, chunk] of pages.entries()) {
      blog.pages.set(`/${index}`, {
        html: articlePage(`<script src="${stage.url}/embed.js" data-site="blog"></script>`),
      })
      let written = 0
      for (const body of chunk.flatMap(bodiesWith)) {
        const answer = await fetch(`${stage.url}/v1/threads/-/comments?site=blog&pageKey=/${index}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin: blog.origin },
          body: JSON.stringify(body),
        })
        expect([201, 400], JSON.stringify(body)).toContain(answer.status)
        await answer.arrayBuffer()
        if (answer.status === 201) written += 1
      }
      expect(written).toBeGreaterThan(chunk.length)
      writtenOn.push(written)
    }

    const context = await browser.newContext()
    const { page, problems } = await openTab(context)
    const attacks: string[] = []
    page.on('dialog', (dialog) => {
      attacks.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.exposeFunction('attacked', () => attacks.push('a payload ran'))
    const foreign = new Set<string>()
    page.on('request', (request) => {
      if (![stage.url, blog.origin].includes(new URL(request.url()).origin)) foreign.add(request.url().slice(0, 100))
    })

    const found = new Set<string>()
    for (const [index, written] of writtenOn.entries()) {
      await page.goto(`${blog.origin}/${index}`)
      const { root } = threadOn(page)
      const comments = root.locator('[part~="comment"]')
      const more = root.getByRole('button', { name: 'Load more comments' })
      await comments.first().waitFor()
      while ((await comments.count()) < written) {
        const before = await comments.count()
        await more.click()
        await expect.poll(() => comments.count(), { timeout: 15_000 }).toBeGreaterThan(before)
      }
      expect(await comments.count()).toBe(written)
      const elements = await root
        .locator('[part~="body"] *, [part~="author"] *')
        .evaluateAll((nodes) =>
          nodes.map(
            (node) =>
              `${node.localName} ${node.getAttributeNames().sort().join(',')} ${node.getAttribute('href') ?? ''}`,
          ),
        )
      for (const element of elements) found.add(element)
    }

    const tags = new Set([...found].map((line) => line.split(' ')[0] ?? ''))
    expect([...tags].filter((tag) => !allowedTags.has(tag))).toEqual([])
    const handlers = [...found].filter((line) => /\bon\w+|style|srcdoc/.test(line.split(' ')[1] ?? ''))
    expect(handlers).toEqual([])
    const links = [...found].map((line) => line.split(' ').slice(2).join(' ')).filter((href) => href !== '')
    expect(links.filter((href) => !/^(https?:|mailto:)/.test(href))).toEqual([])
    expect(attacks).toEqual([])
    expect([...foreign]).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  }, 240_000)
})

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}
