import MarkdownIt from 'markdown-it'
import { describe, expect, it } from 'vitest'

import { addressDifferences, differences } from './commonmark-differences.fixture.ts'
import { safeLink } from './link.ts'
import { markdownRenderer, renderMarkdown } from './markdown.ts'
import { sharedData } from './shared-data.fixture.ts'
import { parseStrict } from './strict-html.fixture.ts'

interface Example {
  readonly example: number
  readonly section: string
  readonly markdown: string
  readonly html: string
}

const entities: readonly (readonly [string, string])[] = [
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ['&', '&amp;'],
]
const decode = (text: string): string => entities.reduce((all, [char, entity]) => all.replaceAll(entity, char), text)
const encode = (text: string): string =>
  entities.toReversed().reduce((all, [char, entity]) => all.replaceAll(char, entity), text)

/**
 * The specification's HTML as ours would write it. Three things are ours by design and the same everywhere: headings
 * begin at `h3`, an image is a link to it, and every line end breaks the line, so a break is not told from a line end.
 */
function expected(html: string, address: (href: string) => string): string {
  const written = (href: string) => encode(address(decode(href)))
  return html
    .replaceAll('<br />\n', '\n')
    .replace(/<(\/?)h([1-6])>/g, (_, slash, level) => `<${slash}h${Math.min(6, Number(level) + 2)}>`)
    .replace(/<a href="([^"]*)"/g, (_, href) => `<a href="${written(href)}"`)
    .replace(/<img src="([^"]*)" alt="([^"]*)"( title="[^"]*")? \/>/g, (_, src, alt, title = '') => {
      return `<a href="${written(src)}"${title}>${alt === '' ? written(src) : alt}</a>`
    })
}

/** Our HTML without what the specification does not have: `rel` on links. */
function ours(html: string): string {
  return html.replaceAll('<br />\n', '\n').replaceAll(/ rel="[^"]*"/g, '')
}

// The grammar is compared without our rules for addresses: whatever an example links to becomes an allowed address.
const anywhere = (address: string) => `https://example.org/?${encodeURIComponent(address)}`
const reference = new MarkdownIt()
const renderAnyLink = markdownRenderer((address) => anywhere(reference.normalizeLink(address)))
const canonical = (address: string) => safeLink(address) ?? address

const suites = ['commonmark-0.31.2', 'commonmark-regression', 'gfm-0.29-extensions'] as const

describe.each(suites)('%s', (suite) => {
  const examples = sharedData<Example[]>(`markdown/${suite}.json`) ?? []
  const grammar = Object.values(differences[suite])
    .flat()
    .toSorted((a, b) => a - b)
  const numbers = (differing: Example[]) => differing.map((example) => example.example)

  it.runIf(examples.length > 0)('differs in what the list names, and in nothing else', () => {
    const differing = examples.filter(
      ({ markdown, html }) => ours(renderAnyLink(markdown)) !== expected(html, anywhere),
    )
    expect(numbers(differing)).toEqual(grammar)
  })

  it.runIf(examples.length > 0)('differs as well where an example links to what a comment may not link to', () => {
    const differing = examples.filter(
      ({ markdown, html }) => ours(renderMarkdown(markdown)) !== expected(html, canonical),
    )
    expect(numbers(differing)).toEqual([...grammar, ...addressDifferences[suite]].toSorted((a, b) => a - b))
  })

  it.runIf(examples.length > 0)('never leaves the allowed tags', () => {
    for (const { markdown } of examples) expect(() => parseStrict(renderMarkdown(markdown))).not.toThrow()
  })

  it('gives no example two reasons', () => {
    const all = [...grammar, ...addressDifferences[suite]]
    expect(new Set(all).size).toBe(all.length)
  })
})

// The same grammar in our own examples, for where the specification's are not at hand.
describe('what one can write', () => {
  it.each([
    ['*a* _b_ **c** __d__', '<p><em>a</em> <em>b</em> <strong>c</strong> <strong>d</strong></p>\n'],
    ['~~gone~~ ~2 TB', '<p><del>gone</del> ~2 TB</p>\n'],
    ['one\ntwo  \nthree\\\nfour', '<p>one<br />\ntwo<br />\nthree<br />\nfour</p>\n'],
    ['# a\n## b\n### c\n#### d\n##### e', '<h3>a</h3>\n<h4>b</h4>\n<h5>c</h5>\n<h6>d</h6>\n<h6>e</h6>\n'],
    ['> a\n>> b', '<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>\n'],
    ['- a\n- b\n  - c', '<ul>\n<li>a</li>\n<li>b\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n'],
    ['7. a\n8. b', '<ol start="7">\n<li>a</li>\n<li>b</li>\n</ol>\n'],
    ['- a\n\n- b', '<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>\n'],
    ['`a<b`', '<p><code>a&lt;b</code></p>\n'],
    ['```TS title\nlet a\n```', '<pre><code class="language-ts">let a\n</code></pre>\n'],
    ['```c++\n```', '<pre><code class="language-c++"></code></pre>\n'],
    ['```"><b>\nx\n```', '<pre><code>x\n</code></pre>\n'],
    ['    indented', '<pre><code>indented\n</code></pre>\n'],
    ['***', '<hr />\n'],
    ['<b>&amp;&copy;</b> &nope;', '<p>&lt;b&gt;&amp;©&lt;/b&gt; &amp;nope;</p>\n'],
    ['\\*a\\*', '<p>*a*</p>\n'],
    [
      '|a|b|\n|:-|-:|\n|1|2|\n|3|',
      '<table>\n<thead>\n<tr>\n<th align="left">a</th>\n<th align="right">b</th>\n</tr>\n</thead>\n<tbody>\n' +
        '<tr>\n<td align="left">1</td>\n<td align="right">2</td>\n</tr>\n' +
        '<tr>\n<td align="left">3</td>\n<td align="right"></td>\n</tr>\n</tbody>\n</table>\n',
    ],
    ['- [ ] a', '<ul>\n<li>[ ] a</li>\n</ul>\n'],
    ['(c) "a" -- ...', '<p>(c) &quot;a&quot; -- ...</p>\n'],
    ['', ''],
  ])('%j', (source, html) => {
    expect(renderMarkdown(source)).toBe(html)
    parseStrict(html)
  })
})
