import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderMarkdown } from '@confab/core'
import { describe, expect, test } from 'vitest'
import { allowedTags, allowedValues as serverValues, linkRel as serverRel } from '../../../core/src/text/allowed.ts'
import { testDocument } from './document.fixture.ts'
import { allowed, allowedValues, linkRel, safeHtml } from './safe-html.ts'
import type { TestNode } from './document.fixture.ts'

const build = (html: string) => safeHtml(html, testDocument) as unknown as TestNode
const shared = join(import.meta.dirname, '../../../../../shared/data')

function sharedTexts(file: string, field: string): string[] {
  const path = join(shared, file)
  if (!existsSync(path)) return []
  const entries = JSON.parse(readFileSync(path, 'utf8')) as { [name: string]: unknown }[]
  return entries.map((entry) => String(entry[field]))
}

describe('the list', () => {
  test('is the server’s', () => {
    expect(allowed).toEqual(allowedTags)
    const { rel, ...others } = serverValues
    expect(Object.entries(allowedValues).map(([name, { source }]) => [name, source])).toEqual(
      Object.entries(others).map(([name, { source }]) => [name, source]),
    )
    expect(linkRel).toBe(serverRel)
    expect(rel.test(linkRel)).toBe(true)
  })
})

describe('what the server renders', () => {
  const sources = [
    'Plain, *em*, **strong**, ~~del~~, `code`, [link](https://example.org/?a=1&b=2 "A \\"title\\"") and <https://x.example>',
    '# One\n## Two\n\n> quote\n> > deeper\n\n3. three\n4. four\n   - inner\n\n---\n\n```js\nif (a < b && c) "x"\n```',
    '| a | b |\n|:--|--:|\n| 1 | `2` |\n\nline\nbreak & <b>no</b> &amp; &lt;',
    '[mail](mailto:ada@example.org) ![image](https://example.org/i.png)',
    ...sharedTexts('texts/comments.json', 'text'),
    ...sharedTexts('markdown/commonmark-0.31.2.json', 'markdown'),
    ...sharedTexts('xss/corpus-a.json', 'payload'),
  ]
  test(`comes back as it was, ${sources.length} texts`, () => {
    for (const source of sources) {
      const html = renderMarkdown(source)
      expect(build(html).toString()).toBe(html)
    }
  })
})

describe('what no server of ours renders', () => {
  test.each([
    ['<script>alert(1)</script>', 'alert(1)'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['<img src="x" onerror="alert(1)">text', 'text'],
    ['<p onclick="x()">a</p>', '<p>a</p>'],
    ['<p style="position:fixed">a</p>', '<p>a</p>'],
    ['<a href="javascript:alert(1)">a</a>', `<a rel="${linkRel}">a</a>`],
    ['<a href=" https://x.example">a</a>', `<a rel="${linkRel}">a</a>`],
    [
      '<a href="https://x.example" target="_top" rel="opener">a</a>',
      `<a href="https://x.example" rel="${linkRel}">a</a>`,
    ],
    ['<code class="language-js evil">a</code>', '<code>a</code>'],
    ['<svg><a href="https://x.example">a</a></svg>', `<a href="https://x.example" rel="${linkRel}">a</a>`],
    ['<P>a</P>', '&lt;P&gt;a&lt;/P&gt;'],
    ['<!-- a --><p>b</p>', '&lt;!-- a --&gt;<p>b</p>'],
    ['<p><em>a</p>b</em>', '<p><em>a</em></p>b'],
    ['</p></div>a', 'a'],
    ['<constructor>a</constructor><__proto__>b', 'a&lt;__proto__&gt;b'],
    ['a &amp;lt; b &#60; &nbsp;', 'a &amp;lt; b &amp;#60; &amp;nbsp;'],
    ['a < b <', 'a &lt; b &lt;'],
  ])('%s', (html, expected) => {
    expect(build(html).toString()).toBe(expected)
  })

  const attacks = [...sharedTexts('xss/corpus-a.json', 'payload'), ...sharedTexts('strings/blns-a.json', 'string')]
  test(`never leaves the list, ${attacks.length} attacks taken for HTML`, () => {
    for (const attack of attacks) {
      for (const { tag, attributes } of build(attack).elements()) {
        const names = allowed[tag]
        if (!names) expect.fail(`${tag} from ${attack}`)
        for (const [name, value] of attributes) {
          if (name === 'rel') expect(value).toBe(linkRel)
          else if (!names.includes(name) || !allowedValues[name]?.test(value))
            expect.fail(`${name}=${value} from ${attack}`)
        }
      }
    }
  })

  test('is built in a time that grows with its length, and to a bounded depth', () => {
    const begin = performance.now()
    build('<p>'.repeat(100_000))
    build('<'.repeat(100_000))
    build(`<p ${'a="'.repeat(50_000)}`)
    build(`<a${' href="https://x.example"'.repeat(20_000)}>`)
    expect(performance.now() - begin).toBeLessThan(2000)
    expect(build('<ul><li>'.repeat(500)).elements().length).toBeLessThanOrEqual(100)
  })
})
