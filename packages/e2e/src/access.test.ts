import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { threadOn } from './thread.fixture.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[]
  }[]
}

/** What axe finds inside the thread, one line for each fault. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as {
      axe: { run(context: object, options: object): Promise<AxeResult> }
    }
    return runner.run(
      { include: ['confab-thread'] },
      { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
    )
  })
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${JSON.stringify(node.target)} ${node.failureSummary}`),
  )
}

describe.skipIf(noBrowser !== null)('for everybody', () => {
  let browser: Browser
  let stage: Stage

  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([openBrowser(), openStage()])
  })
  afterAll(async () => {
    await browser.close()
    await stage.close()
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`no fault is found in any state, ${colorScheme}`, async () => {
      // The demo page's own policy would forbid the checker, which is a script as text.
      const context = await browser.newContext({ colorScheme, bypassCSP: true })
      const { page } = await openTab(context)
      const path = colorScheme === 'light' ? '/' : '/second'
      await page.goto(`${stage.url}${path}`)
      const thread = threadOn(page)
      await thread.root.getByText('Be the first to write.').waitFor()
      expect(await faults(page), 'empty').toEqual([])

      await thread.root.getByPlaceholder('Join the conversation').click()
      await thread.root.getByRole('textbox', { name: 'Name' }).waitFor()
      expect(await faults(page), 'writing').toEqual([])
      await thread.root.getByRole('button', { name: 'Post', exact: true }).click()
      await thread.root.getByRole('alert').first().waitFor()
      expect(await faults(page), 'with an error').toEqual([])

      await page.keyboard.press('Escape')
      await thread.write('Some `code`, a [link](https://example.org) and\n\n> a quote', 'Ada')
      await thread.body('Some code').waitFor()
      await thread.reply('Some code', 'A reply')
      await thread.body('A reply').waitFor()
      expect(await faults(page), 'with comments').toEqual([])

      await thread.comment('A reply').getByRole('button', { name: /^Edit/ }).click()
      expect(await faults(page), 'editing').toEqual([])
      await page.keyboard.press('Escape')
      await thread
        .comment('A reply')
        .getByRole('button', { name: /^Delete/ })
        .click()
      expect(await faults(page), 'asked before deleting').toEqual([])
      await context.close()
    })
  }

  test('everything is done with the keyboard alone', async () => {
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(`${stage.url}/second`)
    const thread = threadOn(page)
    await thread.root.locator('[part~="thread"]').waitFor()
    await thread.root.getByPlaceholder('Join the conversation').waitFor()

    /** What has the focus: `textarea Comment`. Keys go there, whatever else is on the screen by now. */
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const element = document.querySelector('confab-thread')?.shadowRoot?.activeElement
        return element ? `${element.localName} ${element.getAttribute('aria-label')}` : ''
      })

    const tabTo = async (label: RegExp): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(() => {
          const element = document.querySelector('confab-thread')?.shadowRoot?.activeElement
          if (!element) return ''
          const labelled = (element as HTMLInputElement).labels?.[0]?.textContent ?? ''
          return [
            element.getAttribute('aria-label'),
            element.getAttribute('placeholder'),
            labelled,
            element.textContent,
          ].join(' ')
        })
        if (label.test(focused)) return
      }
      throw new Error(`Tab never came to ${label}`)
    }

    await tabTo(/Join the conversation/)
    await page.keyboard.type('Typed, not clicked')
    await tabTo(/Name/)
    await page.keyboard.type('Key Board')
    await page.keyboard.press('Control+Enter')
    await thread.body('Typed, not clicked').waitFor()

    await tabTo(/^Reply to Key Board/)
    await page.keyboard.press('Enter')
    await expect.poll(focused).toMatch(/^textarea Reply to/)
    await page.keyboard.type('Answered by keys')
    await page.keyboard.press('Control+Enter')
    await thread.body('Answered by keys').waitFor()
    // The focus goes back to where it came from; whoever is quicker than that would lose it again.
    await expect.poll(focused).toBe('button Reply to Key Board')

    await thread.comment('Answered by keys').getByRole('button', { name: /^Edit/ }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('textarea Edit your comment')
    await page.keyboard.type(', twice')
    await page.keyboard.press('Control+Enter')
    await thread.body('Answered by keys, twice').waitFor()

    // Escape closes the smallest open thing and gives the focus back.
    await thread
      .comment('Answered by keys')
      .getByRole('button', { name: /^Reply to/ })
      .focus()
    await page.keyboard.press('Enter')
    await expect.poll(focused).toMatch(/^textarea Reply to/)
    await page.keyboard.press('Escape')
    await expect.poll(focused).toMatch(/^button Reply to/)
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('nothing moves while the thread loads: the layout shift of the page is 0', async () => {
    const { page } = await openTab(await browser.newContext())
    await page.addInitScript(() => {
      const shifts: number[] = []
      Object.assign(globalThis, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`${stage.url}/second`)
    await threadOn(page).body('Typed, not clicked').waitFor()
    const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, value) => sum + value, 0)).toBeLessThan(0.01)
    await page.context().close()
  })
})
