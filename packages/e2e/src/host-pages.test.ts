import { randomBytes } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { confab } from './command.fixture.ts'
import type { Host } from './host.fixture.ts'
import { articlePage, startHost } from './host.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { threadOn } from './thread.fixture.ts'

describe.skipIf(noBrowser !== null)('on the pages of other sites', () => {
  let browser: Browser
  let stage: Stage
  let blog: Host
  let shop: Host

  beforeAll(async () => {
    ;[browser, stage, blog, shop] = await Promise.all([openBrowser(), openStage(), startHost(), startHost('localhost')])
    await confab('site', 'add', 'blog', '--origin', blog.origin, '--data', stage.data)
    await confab('site', 'add', 'shop', '--origin', shop.origin, '--data', stage.data)
  })
  afterAll(async () => {
    await Promise.all([browser.close(), blog.close(), shop.close()])
    await stage.close()
  })

  const tag = (site: string, more = ''): string =>
    `<script src="${stage.url}/embed.js" data-site="${site}" async ${more}></script>`

  test('a strict policy with nonce and Trusted Types is never violated', async () => {
    const nonce = randomBytes(16).toString('base64')
    blog.pages.set('/strict', {
      html: articlePage(tag('blog', `nonce="${nonce}" data-page-key="/strict"`)),
      headers: {
        'content-security-policy': [
          "default-src 'none'",
          `script-src 'nonce-${nonce}'`,
          `connect-src ${stage.url}`,
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
          "base-uri 'none'",
          "form-action 'none'",
        ].join('; '),
      },
    })
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(`${blog.origin}/strict`)
    const thread = threadOn(page)
    await thread.write('Under a *strict* policy: https://example.org\n\n```js\nlet a = 1\n```', 'Ada')
    await thread.body('Under a strict policy').waitFor()
    await thread.reply('Under a strict policy', '> quoted\n\n- a reply')
    await thread.body('a reply').waitFor()
    await thread.comment('a reply').getByRole('button', { name: /^Edit/ }).click()
    await thread.root.getByRole('button', { name: 'Cancel' }).click()
    expect(
      await page.evaluate(() => document.querySelector('confab-thread')?.shadowRoot?.adoptedStyleSheets.length),
    ).toBe(1)
    expect(await thread.root.locator('[part~="thread"]').evaluate((node) => getComputedStyle(node).display)).toBe(
      'block',
    )
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('two sites are strangers: same page key, separate threads, no request of one on the other', async () => {
    blog.pages.set('/hello', { html: articlePage(tag('blog')) })
    shop.pages.set('/hello', { html: articlePage(tag('shop')) })
    shop.pages.set('/thief', { html: articlePage(tag('blog', 'data-page-key="/hello"')) })
    const tab = await openTab(await browser.newContext())
    await tab.page.goto(`${blog.origin}/hello`)
    await threadOn(tab.page).write('Only on the blog', 'Ada')
    await threadOn(tab.page).body('Only on the blog').waitFor()

    await tab.page.goto(`${shop.origin}/hello`)
    await threadOn(tab.page).root.getByText('Be the first to write.').waitFor()

    // A page of the shop asks for the blog's thread: the browser gets no answer it may read.
    await tab.page.goto(`${shop.origin}/thief`)
    await threadOn(tab.page).root.getByRole('alert').first().waitFor()
    expect(await threadOn(tab.page).root.getByText('Only on the blog').count()).toBe(0)
    const written = await tab.page.evaluate(async (address) => {
      const answer = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ body: 'A forged comment', guest: { name: 'Mallory' } }),
      }).catch(() => null)
      return answer?.status ?? 'no answer'
    }, `${stage.url}/v1/threads/-/comments?site=blog&pageKey=/hello`)
    expect(written).toBe('no answer')
    await tab.page.goto(`${blog.origin}/hello`)
    await threadOn(tab.page).body('Only on the blog').waitFor()
    expect(await threadOn(tab.page).root.locator('[part~="body"]').count()).toBe(1)
    await tab.page.context().close()
  })

  test('a reader is asked for nothing: no cookie, no storage, no request to anybody else', async () => {
    blog.pages.set('/quiet', { html: articlePage(tag('blog')) })
    const context = await browser.newContext()
    const { page } = await openTab(context)
    const hosts = new Set<string>()
    page.on('request', (request) => hosts.add(new URL(request.url()).origin))
    await page.goto(`${blog.origin}/quiet`)
    await threadOn(page).root.getByText('Be the first to write.').waitFor()
    await page.waitForLoadState('load')
    expect([...hosts].sort()).toEqual([blog.origin, stage.url].sort())
    expect(await context.cookies()).toEqual([])
    expect(await page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0)
    await context.close()
  })

  test('counts stand beside links, for a whole list in one request', async () => {
    blog.pages.set('/list', {
      html: articlePage(
        `<a href="/hello#comments" data-confab-count>?</a> <a href="/none#comments" data-confab-count>?</a>
         <script src="${stage.url}/count.js" data-site="blog" async></script>`,
      ),
    })
    const { page, problems } = await openTab(await browser.newContext())
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/v1/')) asked.push(request.url())
    })
    await page.goto(`${blog.origin}/list`)
    await page.getByRole('link', { name: /1/ }).waitFor()
    await page.getByRole('link', { name: /0/ }).waitFor()
    expect(asked).toHaveLength(1)
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('a link to a comment opens its branch and shows it', async () => {
    blog.pages.set('/link', { html: articlePage(tag('blog')) })
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(`${blog.origin}/link`)
    const thread = threadOn(page)
    await thread.write('The root', 'Ada')
    await thread.body('The root').waitFor()
    await thread.reply('The root', 'The linked reply')
    await thread.body('The linked reply').waitFor()
    const href = await thread.comment('The linked reply').locator('[part~="time"]').first().getAttribute('href')
    expect(href).toMatch(/#confab-[0-9a-v]{16}$/)
    await page.goto('about:blank')
    await page.goto(new URL(href ?? '', `${blog.origin}/link`).href)
    await thread.body('The linked reply').waitFor()
    await expect
      .poll(() =>
        thread.body('The linked reply').evaluate((node) => {
          const { top, bottom } = node.getBoundingClientRect()
          return top >= 0 && bottom <= innerHeight
        }),
      )
      .toBe(true)
    expect(problems).toEqual([])
    await page.context().close()
  })
})
