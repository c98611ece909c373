import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { threadOn } from './thread.fixture.ts'

describe.skipIf(noBrowser !== null)('a conversation in the browser', () => {
  let browser: Browser
  let stage: Stage

  beforeAll(async () => {
    browser = await openBrowser()
    stage = await openStage()
  })
  afterAll(async () => {
    await browser.close()
    await stage.close()
  })

  test('a comment is written, arrives live in another tab, and is there after a reload', async () => {
    const ada = await openTab(await browser.newContext())
    const grace = await openTab(await browser.newContext())
    await ada.page.goto(stage.url)
    await grace.page.goto(stage.url)
    const adas = threadOn(ada.page)
    const graces = threadOn(grace.page)
    await graces.root.getByText('Be the first to write.').waitFor()

    await adas.write('Hello from **Ada**', 'Ada Lovelace')
    await adas.body('Hello from Ada').waitFor()
    expect(await adas.body('Hello from Ada').innerHTML()).toContain('<strong>Ada</strong>')

    await graces
      .body('Hello from Ada')
      .or(graces.root.getByRole('button', { name: '1 new comment' }))
      .first()
      .waitFor()
    const pill = graces.root.getByRole('button', { name: '1 new comment' })
    if (await pill.isVisible()) await pill.click()
    await graces.reply('Hello from Ada', 'Hello from Grace', 'Grace Hopper')
    await adas
      .body('Hello from Grace')
      .or(adas.root.getByRole('button', { name: '1 new reply' }))
      .first()
      .waitFor()

    await ada.page.reload()
    await adas.body('Hello from Grace').waitFor()
    expect(await adas.root.getByRole('heading', { level: 2 }).textContent()).toContain('2 comments')
    expect([...ada.problems, ...grace.problems]).toEqual([])
    await ada.page.context().close()
    await grace.page.context().close()
  })

  test('its author edits and deletes a comment; the other tab follows', async () => {
    const ada = await openTab(await browser.newContext())
    const reader = await openTab(await browser.newContext())
    await ada.page.goto(`${stage.url}/second`)
    const adas = threadOn(ada.page)
    await adas.write('First words', 'Ada Lovelace')
    await adas.body('First words').waitFor()
    await reader.page.goto(`${stage.url}/second`)
    const readers = threadOn(reader.page)
    await readers.body('First words').waitFor()
    expect(await readers.comment('First words').getByRole('button', { name: /^Edit/ }).count()).toBe(0)

    await adas.comment('First words').getByRole('button', { name: /^Edit/ }).click()
    await adas.root.getByRole('textbox', { name: 'Edit your comment' }).fill('Better words')
    await adas.root.getByRole('button', { name: 'Save' }).click()
    await readers.body('Better words').waitFor()

    await adas
      .comment('Better words')
      .getByRole('button', { name: /^Delete/ })
      .click()
    await adas.root.getByRole('button', { name: 'Delete', exact: true }).last().click()
    await readers.root.getByText('Be the first to write.').waitFor()
    await adas.root.getByText('Be the first to write.').waitFor()
    expect([...ada.problems, ...reader.problems]).toEqual([])
    await ada.page.context().close()
    await reader.page.context().close()
  })

  test('the server stops and starts under an open page: the page recovers, nothing is lost', async () => {
    const ada = await openTab(await browser.newContext())
    const grace = await openTab(await browser.newContext())
    await ada.page.goto(stage.url)
    await grace.page.goto(stage.url)
    const adas = threadOn(ada.page)
    const graces = threadOn(grace.page)
    await adas.write('Before the stop', 'Ada Lovelace')
    await adas.body('Before the stop').waitFor()

    await stage.stop()
    await adas.write('While the server was away')
    await adas.body('While the server was away').waitFor()
    await stage.start()

    // The comment goes out by itself, once, and the stream of the other tab comes back.
    await graces
      .body('While the server was away')
      .or(graces.root.getByRole('button', { name: /new comment/ }))
      .first()
      .waitFor()
    await ada.page.reload()
    await adas.body('While the server was away').waitFor()
    expect(await adas.root.locator('[part~="body"]', { hasText: 'While the server was away' }).count()).toBe(1)
    await adas.body('Before the stop').waitFor()
    await ada.page.context().close()
    await grace.page.context().close()
  })
})
