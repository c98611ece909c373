import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { createProcesses } from './process.fixture.ts'
import { threadOn } from './thread.fixture.ts'

const examples = join(import.meta.dirname, '../../../examples')
const processes = createProcesses()

describe.skipIf(noBrowser !== null)('the examples', () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    ;[browser, folder] = await Promise.all([openBrowser(), mkdtemp(join(tmpdir(), 'confab-example-'))])
  })
  afterEach(processes.stopAll)
  afterAll(async () => {
    await Promise.all([browser.close(), rm(folder, { recursive: true, force: true })])
  })

  const start = (name: string, file: string): Promise<string> =>
    processes.start([file], { cwd: join(examples, name), env: { PORT: '0', CONFAB_DB: join(folder, `${name}.db`) } })

  test('Hono: the app’s own users write under their names; a moderator may delete', async () => {
    const url = await start('hono', 'src/main.ts')
    const grace = await openTab(await browser.newContext())
    await grace.page.goto(`${url}/login/grace`)
    await threadOn(grace.page).write('Written by a member')
    await threadOn(grace.page).comment('Written by a member').getByText('Grace Hopper').first().waitFor()

    const ada = await openTab(await browser.newContext())
    await ada.page.goto(`${url}/login/ada`)
    const link = await threadOn(ada.page).comment('Written by a member').locator('[part~="time"]').getAttribute('href')
    const id = link?.replace(/^.*#confab-/, '') ?? ''
    const status = await ada.page.evaluate(async (path) => {
      const answer = await fetch(path, { method: 'DELETE' })
      return answer.status
    }, `/comments/v1/threads/-/comments/${id}?site=blog&pageKey=/`)
    expect(status).toBe(204)
    await threadOn(grace.page).root.getByText('Be the first to write.').waitFor()
    expect([...grace.problems, ...ada.problems]).toEqual([])
    expect(await processes.stopAll()).toEqual([0])
    await Promise.all([grace.page.context().close(), ada.page.context().close()])
  })

  test('Express: behind its body parser, a guest writes and finds it again after a restart', async () => {
    const first = await start('express', 'src/main.js')
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(first)
    await threadOn(page).write('Through Express', 'Ada')
    await threadOn(page).body('Through Express').waitFor()
    await page.goto('about:blank')
    expect(await processes.stopAll()).toEqual([0])

    await page.goto(await start('express', 'src/main.js'))
    await threadOn(page).body('Through Express').waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })
})
