import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { confab } from './command.fixture.ts'
import type { Host } from './host.fixture.ts'
import { articlePage, startHost } from './host.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { threadOn } from './thread.fixture.ts'

describe.skipIf(noBrowser !== null)('what is read and what is written stay where they are', () => {
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

  function addPage(path: string, head = ''): string {
    const script = `<script src="${stage.url}/embed.js" data-site="blog" async></script>`
    blog.pages.set(path, { html: articlePage(script, { head }) })
    return blog.origin + path
  }

  async function post(path: string, body: string): Promise<void> {
    const answer = await fetch(`${stage.url}/v1/threads/-/comments?site=blog&pageKey=${path}`, {
      method: 'POST',
      headers: { origin: blog.origin, 'content-type': 'application/json' },
      body: JSON.stringify({ body, guest: { name: 'Ada' } }),
    })
    expect(answer.status).toBe(201)
  }

  /** How far the page reaches over the side of the window, CSS pixels. */
  const overhang = (page: Page): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

  for (const dir of ['ltr', 'rtl']) {
    test(`a page without any margin gets no bar to scroll sideways, ${dir}`, async () => {
      const url = addPage(`/narrow-${dir}`, '<style>* { all: unset } head, style, script { display: none }</style>')
      await post(`/narrow-${dir}`, 'wide '.repeat(100))
      await post(`/narrow-${dir}`, `https://example.org/${'a'.repeat(300)}`)
      const { page } = await openTab(await browser.newContext({ viewport: { width: 320, height: 600 } }))
      await page.goto(url)
      await page.evaluate((value) => (document.documentElement.dir = value), dir)
      await threadOn(page).body('example.org').waitFor()
      expect(await overhang(page)).toBe(0)
      await threadOn(page).root.getByPlaceholder('Join the conversation').click()
      await threadOn(page).root.getByRole('button', { name: 'Post', exact: true }).waitFor()
      expect(await overhang(page)).toBe(0)
      await page.context().close()
    })
  }

  test('sentences of the widget end with their full stop in a page written from right to left', async () => {
    const { page } = await openTab(await browser.newContext())
    await page.goto(addPage('/rtl'))
    await page.evaluate(() => (document.documentElement.dir = 'rtl'))
    const sentence = threadOn(page).root.getByText('Be the first to write.')
    await sentence.waitFor()
    const stopIsLast = await sentence.evaluate((node) => {
      const text = node.firstChild
      if (!text) return false
      const left = (offset: number): number => {
        const range = document.createRange()
        range.setStart(text, offset)
        range.setEnd(text, offset + 1)
        return range.getBoundingClientRect().left
      }
      return left((text.textContent ?? '').length - 1) > left(0)
    })
    expect(stopIsLast).toBe(true)
    await page.context().close()
  })

  test('a long list that nobody has scrolled through yet does not jump on the way up', async () => {
    const url = addPage('/long')
    for (let i = 0; i < 230; i++) await post('/long', `Comment ${i}. ${'Some more words. '.repeat(1 + (i % 5) * 12)}`)
    const { page } = await openTab(await browser.newContext({ viewport: { width: 500, height: 800 } }))
    await page.goto(url)
    const thread = threadOn(page)
    const articles = thread.root.getByRole('article')
    await articles.first().waitFor()
    for (let loaded = await articles.count(); loaded < 230; loaded = await articles.count()) {
      // A click by hand would scroll there.
      await thread.root.getByRole('button', { name: 'Load more comments' }).dispatchEvent('click')
      await expect.poll(() => articles.count()).toBeGreaterThan(loaded)
    }
    const steps = await page.evaluate(async () => {
      const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve))
      const root = document.documentElement
      // To the very end, until nothing there is a guess any more.
      for (let height = 0, still = 0; still < 5; still = height === root.scrollHeight ? still + 1 : 0) {
        height = root.scrollHeight
        scrollTo({ top: height, behavior: 'instant' })
        await frame()
      }
      const all = [...(document.querySelector('confab-thread')?.shadowRoot?.querySelectorAll('article') ?? [])]
      const moves: number[] = []
      for (let i = 0; i < 20; i++) {
        const read = all.find((article) => article.getBoundingClientRect().top > 100)
        const before = read?.getBoundingClientRect().top ?? 0
        scrollBy({ top: -300, behavior: 'instant' })
        // The sizes of what came near, and whatever follows from them.
        await frame()
        await frame()
        await frame()
        moves.push(Math.round((read?.getBoundingClientRect().top ?? 0) - before - 300))
      }
      return moves
    })
    expect(steps).toEqual(steps.map(() => 0))
    await page.context().close()
  })

  test('a comment on its way is not also announced as a new one when its event is quicker than its answer', async () => {
    const { page } = await openTab(await browser.newContext())
    await page.goto(addPage('/slow'))
    const thread = threadOn(page)
    await thread.root.getByText('Be the first to write.').waitFor()
    let answer = (): void => undefined
    const heard = page.waitForResponse((response) => response.url().includes('/events'))
    await heard
    await page.route('**/comments?*', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const response = await route.fetch()
      await new Promise<void>((resolve) => (answer = resolve))
      await route.fulfill({ response })
    })
    await thread.write('Seen once', 'Ada')
    // The event of this very comment has come when the number of comments is known to have changed.
    await thread.root.getByRole('heading', { name: '1 comment' }).waitFor()
    expect(await thread.root.getByText('Seen once').count()).toBe(1)
    expect(await thread.root.getByRole('button', { name: '1 new comment' }).count()).toBe(0)
    answer()
    await thread.root.getByRole('button', { name: 'Edit' }).waitFor()
    expect(await thread.root.getByText('Seen once').count()).toBe(1)
    await page.context().close()
  })

  test('the text of an edit stays in sight when its author is signed out meanwhile', async () => {
    const { page } = await openTab(await browser.newContext())
    await page.goto(addPage('/expired'))
    const thread = threadOn(page)
    await thread.write('As it was', 'Ada')
    await thread.root.getByRole('button', { name: 'Edit' }).click()
    const field = thread.root.getByRole('textbox', { name: 'Edit your comment' })
    await field.fill('As it should become')
    await page.context().clearCookies()
    await thread.root.getByRole('button', { name: 'Save' }).click()
    await thread.root.getByRole('alert').waitFor()
    // Who they are now has been asked and answered.
    await expect.poll(() => thread.root.getByRole('button', { name: 'Delete' }).count()).toBe(0)
    expect(await field.inputValue()).toBe('As it should become')
    await page.context().close()
  })

  test('an edit that comes too soon after others says how long to wait, and keeps its text', async () => {
    const { page } = await openTab(await browser.newContext())
    await page.goto(addPage('/busy'))
    const thread = threadOn(page)
    await thread.write('As it was', 'Ada')
    await thread.root.getByRole('button', { name: 'Edit' }).click()
    const field = thread.root.getByRole('textbox', { name: 'Edit your comment' })
    await field.fill('As it should become')
    await page.route('**/comments/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({
            status: 429,
            headers: {
              'retry-after': '12',
              'access-control-allow-origin': blog.origin,
              'access-control-allow-credentials': 'true',
              'access-control-expose-headers': 'Retry-After',
            },
            json: { error: { code: 'rate_limited', message: 'Too much', details: null, requestId: 'r' } },
          })
        : route.continue(),
    )
    await thread.root.getByRole('button', { name: 'Save' }).click()
    await thread.root.getByText('That was a lot in a short time. Try again in 12 seconds.').waitFor()
    expect(await field.inputValue()).toBe('As it should become')
    await page.context().close()
  })
})
