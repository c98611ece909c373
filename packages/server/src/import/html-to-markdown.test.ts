import { existsSync, readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanText, renderMarkdown } from '@confab/core'
import { sharedData } from '../../../core/src/text/shared-data.fixture.ts'
import { elementsOf, parseStrict, textOf } from '../../../core/src/text/strict-html.fixture.ts'
import { htmlToMarkdown } from './html-to-markdown.ts'

/** What a reader sees of HTML after its way through Markdown. */
function shown(html: string): string {
  return textOf(parseStrict(renderMarkdown(htmlToMarkdown(html)))).trim()
}

function encode(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

describe('htmlToMarkdown', () => {
  it.each([
    ['<p>Hello, World.</p>', 'Hello, World.'],
    ['Yay, imported', 'Yay, imported'],
    ['<p>a</p>\n\n<p>b\n  c</p>', 'a\n\nb c'],
    ['<p>a<br>b<br />c<br><br>d</p>', 'a\nb\nc\n\nd'],
    ['one\ntwo\r\n\r\n\r\nthree', 'one\ntwo\n\nthree'],
    ['<p>2 * 2 is <b>4</b>, <em>not</em> <s>5</s></p>', '2 \\* 2 is **4**, *not* ~~5~~'],
    ['a<b> bold </b>b <i></i>', 'a **bold** b'],
    ['<strong><em>both</em></strong>', '***both***'],
    ['x<b>"y"</b>z <b>w</b>', 'x"y"z **w**'],
    ['<b>a<p>b</p>c</b>', '**a**\n\n**b**\n\n**c**'],
    ['<b>a<br> <br>b</b>', '**a\nb**'],
    ['<b><i>a</b>b</i>', '***a***b'],
    ['<em>a.</em><strong>b\\<i>~c</i></strong>', 'a.b\\\\~c'],
    ['<b>constructor</b> <constructor>a</constructor>', '**constructor** a'],
    ['<code>a`b</code> <code>``</code>', '``a`b`` ``` `` ```'],
    ['<pre>a\n\n  b```\n</pre>', '````\na\n\n  b```\n````'],
    ['<pre><code class="hljs language-ts">let <span>a</span></code></pre>', '```ts\nlet a\n```'],
    ['<blockquote><p>a</p>b</blockquote>c', '> a\n>\n> b\n\nc'],
    ['<ul><li>a<li><p>b</p><ul><li>c</ul></ul><ul><li>d</ul>', '- a\n- b\n  - c\n\n+ d'],
    ['<ol start="9"><li>a</li><li>b<br>c</li></ol>', '9. a\n10. b\n    c'],
    ['<ol><li><p>a</p><p>b</p></li><li><pre>c\n\nd</pre></li></ol>', '1. a\n\n   b\n\n2. ```\n   c\n\n   d\n   ```'],
    ['<a href="https://a.example/b_(c)">d [e]</a>', '[d \\[e\\]](<https://a.example/b_(c)>)'],
    ['<a href="https://a.example">https://a.example</a>', '<https://a.example>'],
    ['<a href="/b">a</a> <a>c</a> <a href="data:d">e</a>', 'a c e'],
    ['<a href="https://a.example/?b&amp;copy;">c</a>', '[c](https://a.example/?b\\&copy;)'],
    ['<img src="https://a.example/b.png" alt="c"><img src="b.png" alt="d">', '[c](https://a.example/b.png)d'],
    ['<a href="https://a.example"><img src="https://a.example/b.png" alt="c"></a>', '[c](https://a.example/)'],
    ['<img class="emoji" src="https://a.example/1f600.svg" alt="😀">', '😀'],
    ['<h2>a</h2><div>b</div><table><tr><td>c<td>d</table><u>e</u>', 'a\n\nb\n\nc d\n\ne'],
    ['a<script>b</script><style>c</style><!-- d --><template><p>e</template>f<noscript>g</noscript>', 'af'],
    ['a<script>b', 'a'],
    ['</p></ul></b>a</blockquote></pre>', 'a'],
    ['<p>&lt;b&gt; &amp;amp; &#x2a;x&#42; &nbsp;</p>', '\\<b> \\&amp; \\*x\\*'],
    ['', ''],
    ['<p> </p><br><ul><li></ul><blockquote></blockquote><pre> </pre>', ''],
    [
      'see https://a.example/b_(c). or https://a.example/d_e',
      'see <https://a.example/b_(c)>. or https://a.example/d_e',
    ],
    ['a\u2028# b\u0001&#1;# c&#8233;- d', 'a\n\\# b# c\n\n\\- d'],
    ['&#8175;a&#8175;', '\\`a\\`'],
  ])('%j is %j', (html, markdown) => {
    expect(htmlToMarkdown(html)).toBe(markdown)
    expect(cleanText(htmlToMarkdown(html))).toBe(markdown)
    parseStrict(renderMarkdown(markdown))
  })

  it.each([
    '# a',
    '> a',
    '- a',
    '+ a',
    '1. a',
    '12) a',
    '---',
    '- - -',
    '-- -',
    '* * *',
    '_ _ _',
    '===',
    '```',
    '~~~',
    '[a]: https://b.example',
    '[a](https://b.example)',
    '![a](https://b.example)',
    '<https://b.example>',
    '|-|-|',
    ':-: | :-:',
    '-\\',
    '¯\\_(ツ)_/¯',
    '¯_(ツ)_/¯',
    '&amp; &#35; &copy',
    '\\*a\\* \\',
    '*a* **b** _c_ __d__ ~~e~~ `f`',
    '_https://a.example/#\\',
    'a_b_c 2*3*4 snake_case_ _x',
    'https://a.example/*b* http://a.example/_c_ www.a.example/_d_ https://a.example/[e](f)',
  ])('shows the text %j as it is, anywhere in a paragraph', (text) => {
    for (const [before, after] of [
      ['', ''],
      ['a<br>', ''],
      ['a<br>', '<br>b'],
      ['', '<br>b'],
      ['a ', ' b'],
      ['a', 'b'],
      ['<b>', '</b>'],
      ['<i>c</i>', '<i>d</i>'],
    ]) {
      const words = (html: string) => html.replace(/<br>/g, '\n').replace(/<[^>]+>/g, '')
      expect(shown(`<p>${before}${encode(text)}${after}</p>`)).toBe(words(`${before}`) + text + words(`${after}`))
    }
  })
})

describe('whatever is in the text', () => {
  const active = Array.from('\\`*_{}[]()<>#+-.!|~&;:=\'"/@^$% 1a\u00e9ツ¯')
  const pieces = [
    '  ',
    '1. ',
    '- ',
    '> ',
    '# ',
    '---',
    '```',
    '~~~',
    'https://',
    'www.',
    'a.example',
    '&amp;',
    '&#35;',
    '](',
    '**',
    '__',
    '![',
    '😀',
    '\\_',
  ]
  const anyText = fc.array(fc.constantFrom(...active, ...pieces), { maxLength: 24 }).map((parts) => parts.join(''))

  it('a paragraph shows the same text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(shown(`<p>${encode(text)}</p>`)).toBe(text.replace(/ +/g, ' ').trim())
      }),
      { numRuns: 3000 },
    )
  })

  it('lines show the same text, with and without elements', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), fc.boolean(), (lines, withElements) => {
        const kept = lines.map((line) => line.replace(/ +/g, ' ').trim()).filter((line) => line !== '')
        const html = kept.map(encode).join(withElements ? '<br>' : '\n')
        expect(shown(html)).toBe(kept.join('\n'))
      }),
      { numRuns: 2000 },
    )
  })

  it('code shows the same text', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (lines) => {
        const text = lines.join('\n').trimEnd()
        fc.pre(text.trim() !== '' && !text.startsWith('\n'))
        expect(shown(`<pre>${encode(text)}</pre>`)).toBe(text.trim())
        expect(shown(`a <code>${encode(lines.join(' '))}</code> b`).replace(/\s+/g, '')).toBe(
          `a${lines.join('')}b`.replace(/\s+/g, ''),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('only grows by what has to be escaped', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(htmlToMarkdown(`<p>${encode(text)}</p>`).length).toBeLessThanOrEqual(2 * text.length + 2)
      }),
    )
  })
})

describe('whatever the elements are', () => {
  const tags = [
    'p',
    'b',
    'i',
    'em',
    'strong',
    'del',
    'code',
    'pre',
    'blockquote',
    'ul',
    'ol',
    'li',
    'a',
    'div',
    'span',
    'h1',
    'table',
    'td',
  ] as const
  type Tree = string | { tag: (typeof tags)[number]; children: Tree[] }

  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(
        'w',
        'w.',
        ' w ',
        '"w"',
        '*w',
        'w_',
        '[w]',
        '1. w',
        '- w',
        '\\w',
        'w\\',
        '~w',
        '!',
        '`w`',
        '&w',
        'https://w.example/',
      ),
      fc.record({ tag: fc.constantFrom(...tags), children: fc.array(tie('tree'), { maxLength: 4 }) }),
    ),
  }))

  /** HTML of a tree in which every `w` is a word of its own, and the words that stand in each element. */
  function write(trees: readonly Tree[]): { html: string; words: Map<string, Set<string>>; all: string[] } {
    const words = new Map<string, Set<string>>()
    const all: string[] = []
    function node(child: Tree, inside: readonly string[]): string {
      if (typeof child !== 'string') {
        const inner = child.children.map((grandchild) => node(grandchild, [...inside, child.tag])).join('')
        return `<${child.tag}${child.tag === 'a' ? ' href="https://a.example/"' : ''}>${inner}</${child.tag}>`
      }
      return encode(
        child.replaceAll('w', () => {
          const word = `w${all.length}w`
          all.push(word)
          for (const tag of inside) words.set(tag, (words.get(tag) ?? new Set()).add(word))
          return word
        }),
      )
    }
    return { html: trees.map((child) => node(child, [])).join(''), words, all }
  }

  const sameAs: { readonly [tag: string]: readonly string[] } = {
    em: ['em', 'i'],
    strong: ['strong', 'b'],
    del: ['del'],
    code: ['code', 'pre'],
    blockquote: ['blockquote'],
    // Words in a list that are in no item of it become one.
    li: ['li', 'ul', 'ol'],
  }

  it('the words are the same, and none is emphasized, quoted, listed or code that was not', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 5 }), (trees) => {
        const { html, words, all } = write(trees)
        const nodes = parseStrict(renderMarkdown(htmlToMarkdown(html)))
        expect(textOf(nodes).match(/w\d+w/g) ?? []).toEqual(all)
        for (const [tag, sources] of Object.entries(sameAs)) {
          const before = new Set(sources.flatMap((source) => [...(words.get(source) ?? [])]))
          const elements = elementsOf(nodes, tag as 'em')
          for (const word of elements.flatMap((element) => textOf(element.children).match(/w\d+w/g) ?? [])) {
            expect(before).toContain(word)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('hostile and real input', () => {
  const corpus = sharedData<{ payload: string }[]>('xss/corpus-a.json') ?? []
  const naughty = sharedData<string[]>('strings/blns-a.json') ?? []
  const own = [
    '<img src=x onerror=alert(1)>',
    '<a href="&#106;avascript:alert(1)">a</a>',
    '<svg><script>alert(1)</script></svg>',
    '<a href="https://b.example/)](x">a](https://c.example)</a>',
    '<p>[a](<b>https://c.example</b>)</p>',
    '<pre>```\n</pre><b>x</b>',
  ]

  it('stays inside the allowed tags', () => {
    for (const html of [...own, ...corpus.map((entry) => entry.payload), ...naughty]) {
      for (const around of [
        html,
        `<p>${html}</p>`,
        `<ul><li>${html}</ul>`,
        `<a href="https://a.example">${html}</a>`,
        `<p>${encode(html)}</p>`,
        `<pre>${html}`,
      ]) {
        expect(() => parseStrict(renderMarkdown(htmlToMarkdown(around)))).not.toThrow()
      }
    }
  })

  it('shows naughty strings as they are', () => {
    for (const text of naughty) {
      const letters = (all: string) =>
        cleanText(all)
          .normalize('NFC')
          .replace(/[\s\p{M}\p{C}]+/gu, '')
      expect(letters(shown(`<p>${encode(text)}</p>`))).toBe(letters(text))
    }
  })

  const exports = new URL('../../../../../shared/data/imports/disqus/', import.meta.url)
  const files = existsSync(exports) ? readdirSync(exports).filter((name) => name.endsWith('.xml')) : []

  it.each(files)('keeps the words of every comment in %s', (name) => {
    const xml = readFileSync(new URL(name, exports), 'utf8')
    const messages = Array.from(
      xml.matchAll(/<message>\s*(?:<!\[CDATA\[)?([^]*?)(?:\]\]>\s*)?<\/message>/g),
      (match) => match[1] ?? '',
    )
    for (const html of messages) {
      // No entities but the five of XML in these files.
      const text = html
        .replace(/<[^>]*>/g, '')
        .replace(/&quot;/g, '"')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&')
      expect(shown(html).replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''))
    }
  })

  it('is clean already when it comes out', () => {
    for (const html of [...corpus.map((entry) => entry.payload), ...naughty]) {
      const markdown = htmlToMarkdown(html)
      expect(cleanText(markdown)).toBe(markdown)
      expect(markdown.trim()).toBe(markdown)
    }
  })
})

describe('time', () => {
  const tags =
    '<b>|</b>|<b><i></b>|<i>a</i>|<p>|</p>|<br>|<ul><li>|<blockquote>|<ul></blockquote>|<ol><li></ul>|<pre>|<td>|<svg>|<template>'
  const inline =
    '<code>|<code>`</code>|<a href="https://b.example">|<a href="https://b.example">c</a>|<img src="https://b.example" alt="c">'
  const text =
    '&amp;|&|&#|<|<!--|<a b=|<a b c d | |\n|a\n|*|_|`|~|\\|.|https://|https://a.example/_|www.|!|-|- |\u0301|\u202e|\ufeff'
  const pieces = [tags, inline, text].flatMap((list) => list.split('|'))

  it.each(pieces)('of %j again and again grows as the text does', (piece) => {
    const make = (length: number) => piece.repeat(Math.ceil(length / piece.length))
    const once = (html: string) => {
      const start = performance.now()
      htmlToMarkdown(html)
      return performance.now() - start
    }
    const cost = (html: string) => Math.min(once(html), once(html), once(html))
    // Below ten milliseconds it is the garbage collector that is measured.
    const growth = () => cost(make(100_000)) / Math.max(10, cost(make(50_000)))
    const seen = [growth()]
    while (seen.length < 4 && Math.min(...seen) > 2.6) seen.push(growth())
    expect(Math.min(...seen)).toBeLessThanOrEqual(2.6)
  })
})
