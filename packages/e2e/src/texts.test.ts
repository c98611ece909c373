import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import type { Stage } from './stage.fixture.ts'
import { openStage } from './stage.fixture.ts'
import { sharedFile } from './shared.fixture.ts'
import { threadOn } from './thread.fixture.ts'

interface SampleText {
  readonly lang: string
  readonly text: string
}

/** Scripts, directions and marks that are easily broken on the way. */
const ownTexts: readonly SampleText[] = [
  { lang: 'de', text: 'Größe, Übermaß – und „Anführungszeichen“.' },
  { lang: 'ar', text: 'شكرا على المقال، كان مفيدا جدا.' },
  { lang: 'he', text: 'תודה רבה על הכתבה (ממש טובה)!' },
  { lang: 'fa', text: 'می‌خواهم بنویسم' },
  { lang: 'hi', text: 'बहुत अच्छा लेख है' },
  { lang: 'ja', text: '素晴らしい記事をありがとう。' },
  { lang: 'en', text: '👩‍👩‍👧‍👦 and 🏳️‍🌈 and e\u0301' },
]

async function write(stage: Stage, pageKey: string, body: string): Promise<Response> {
  const query = new URLSearchParams({ site: 'demo', pageKey })
  return fetch(`${stage.url}/v1/threads/-/comments?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: stage.url, 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ body, guest: { name: 'Reader' } }),
  })
}

describe.skipIf(noBrowser !== null)('texts of many languages', () => {
  let browser: Browser
  let stage: Stage

  beforeAll(async () => {
    ;[browser, stage] = await Promise.all([openBrowser(), openStage()])
  })
  afterAll(async () => {
    await browser.close()
    await stage.close()
  })

  test('each is read back to the byte, composed, and stands on the page as it was written', async () => {
    const file = sharedFile('texts/comments.json')
    const texts = file === null ? ownTexts : (JSON.parse(readFileSync(file, 'utf8')) as SampleText[])
    const wanted = new Map<string, string>()
    for (const { text } of texts) {
      const answer = await write(stage, '/', text)
      expect(answer.status, text).toBe(201)
      const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
      const { id } = (await answer.json()) as { id: string }
      const revisions = await fetch(`${stage.url}/v1/threads/-/comments/${id}/revisions?site=demo&pageKey=/`, {
        headers: { cookie },
      })
      const { items } = (await revisions.json()) as { items: { body: string }[] }
      expect(items.at(-1)?.body).toBe(text.replace(/\r\n?/g, '\n').normalize('NFC'))
      wanted.set(id, text)
    }

    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(stage.url)
    const { root } = threadOn(page)
    await root.locator('[part~="comment"]').first().waitFor()
    const more = root.getByRole('button', { name: 'Load more comments' })
    while (await more.isVisible()) {
      const before = await root.locator('[part~="comment"]').count()
      await more.click()
      await expect.poll(() => root.locator('[part~="comment"]').count()).toBeGreaterThan(before)
    }
    const shown = await root.locator('[part~="comment"]').evaluateAll((nodes) =>
      nodes.map((node) => {
        const body = node.querySelector<HTMLElement>('[part~="body"]')
        return [
          (node as HTMLElement).dataset['id'] ?? node.id,
          { text: body?.textContent ?? '', direction: body === null ? '' : getComputedStyle(body).direction },
        ] as const
      }),
    )
    expect(shown.length).toBe(wanted.size)
    const words = (text: string): string =>
      text.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]+/gu, '')
    for (const [id, { text, direction }] of shown) {
      const source = wanted.get(id.replace(/^confab-/, ''))
      expect(source, `a comment ${id} that nobody wrote`).toBeDefined()
      if (source === undefined) continue
      // Markup is not shown; every letter, digit, mark and picture is.
      expect(words(text)).toBe(words(withoutMarkup(source)))
      const first = /[\p{L}]/u.exec(source)?.[0] ?? ''
      if (/[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(first)) expect(direction, source).toBe('rtl')
    }
    expect(problems).toEqual([])
    await page.context().close()
  })
})

/** What is not in the text of the page for the few samples that hold Markdown: languages of code, targets, list numbers. */
function withoutMarkup(source: string): string {
  return source
    .replace(/^```\S*$/gm, '')
    .replace(/\]\([^)]*\)/g, '')
    .replace(/^\d+[.)] /gm, '')
}
