import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { abuse } from './abuse.fixture.ts'
import { allowedTags } from './allowed.ts'
import { renderMarkdown } from './markdown.ts'
import { sharedData } from './shared-data.fixture.ts'
import { elementsOf, parseStrict, textOf } from './strict-html.fixture.ts'

const rel = 'rel="nofollow ugc noopener noreferrer"'
const link = (href: string, text: string) => `<a href="${href}" ${rel}>${text}</a>`

describe('links', () => {
  it.each([
    ['[a *b*](https://c.example/d)', link('https://c.example/d', 'a <em>b</em>')],
    ['[a](https://b.example "c \\"d\\"")', `<a href="https://b.example/" ${rel} title="c &quot;d&quot;">a</a>`],
    ['<https://a.example/?b&c>', link('https://a.example/?b&amp;c', 'https://a.example/?b&amp;c')],
    ['<ann@a.example>', link('mailto:ann@a.example', 'ann@a.example')],
    ['[a][b]\n\n[b]: https://c.example', link('https://c.example/', 'a')],
    ['see https://a.example/b, or not', `see ${link('https://a.example/b', 'https://a.example/b')}, or not`],
    ['(www.a.example)', `(${link('http://www.a.example/', 'www.a.example')})`],
    ['WWW.A.example', link('http://www.a.example/', 'WWW.A.example')],
    [
      'https://xn--80ak6aa92e.example/%D1%84',
      link('https://xn--80ak6aa92e.example/%D1%84', 'https://xn--80ak6aa92e.example/%D1%84'),
    ],
    ['https://münchen.example', link('https://xn--mnchen-3ya.example/', 'https://münchen.example')],
    ['![a *b*](https://c.example/d.png "e")', `<a href="https://c.example/d.png" ${rel} title="e">a b</a>`],
    ['![](https://c.example/d.png)', link('https://c.example/d.png', 'https://c.example/d.png')],
    ['[![a](https://b.example/c.png)](https://d.example)', link('https://d.example/', 'a')],
    ['[a]()', 'a'],
  ])('%j', (source, html) => {
    expect(renderMarkdown(source)).toBe(`<p>${html}</p>\n`)
    parseStrict(renderMarkdown(source))
  })

  it.each([
    'readme.md and example.com',
    'ann@example.com',
    'awww.example.com www.example www.',
    '//example.com ftp://example.com mailto:a@b.example',
    '[a](/b) [a](//b.example) [a](#b)',
    '![a](b.png)',
    ['[a](java', 'script:alert(1)) <java', 'script:alert(1)>'].join(''),
    '[a](data:text/html;base64,AAAA)',
    '[a](https:b.example)',
    '<made-up:a>',
  ])('leaves %j as it was typed', (source) => {
    const nodes = parseStrict(renderMarkdown(source))
    expect(elementsOf(nodes, 'a')).toEqual([])
    expect(textOf(nodes)).toBe(`${source}\n`)
  })

  it('links no further than to the host that can be read before an @', () => {
    const nodes = parseStrict(
      renderMarkdown('[a](https://bank.example@evil.example) https://bank.example@evil.example/'),
    )
    const hosts = elementsOf(nodes, 'a').map((element) => element.attributes['href'])
    expect(hosts).toEqual(['https://bank.example/', 'https://bank.example/'])
  })

  it('repeats a long address only so often', () => {
    const html = renderMarkdown(abuse['one definition, many uses']?.(10_000) ?? '')
    expect(elementsOf(parseStrict(html), 'a').length).toBeGreaterThan(5)
    expect(html.length).toBeLessThan(50_000)
  })
})

describe('what cannot be seen', () => {
  const shown = (source: string) => textOf(parseStrict(renderMarkdown(source))).trimEnd()

  it.each([
    ['a\u202eb\u202cc', 'abc'],
    ['&#8238;b&#x202C;', 'b'],
    ['`a\u2066b\u2069`', 'ab'],
    ['    a\u2067b\u2069', 'ab'],
    ['[a\u2066b\u2069](https://c.example)', 'ab'],
    ['\u2067שלום\u2069 is hello', '\u2067שלום\u2069 is hello'],
    ['open \u2067שלום', 'open שלום'],
    ['close\u2069\u2067', 'close'],
    ['a\u200eb\u200fc\u061c', 'a\u200eb\u200fc\u061c'],
    ['می\u200cخواهم 👩\u200d👧', 'می\u200cخواهم 👩\u200d👧'],
    ['a&#0;b&#1;c&#127;d&#xFFFE;&#xD800;', 'a\ufffdb\ufffdc\ufffdd\ufffd\ufffd'],
    [`e${'\u0301\u0302\u0303'.repeat(9)}`, 'é\u0302\u0303\u0301\u0302'],
    [`e${'&#769;&#770;&#771;'.repeat(9)}`, 'e\u0301\u0302\u0303\u0301'],
    ['ก็็็็็็็', 'ก็็'],
    ['ཧྐྵྨླྺྼྻྂ', 'ཧྐྵྨླྺྼྻྂ'],
  ])('%j is shown as %j', (source, text) => {
    expect(shown(source.normalize('NFC'))).toBe(text)
  })
})

describe('depth', () => {
  it.each([
    ['quotes', '>'.repeat(3000) + ' deep', 'deep'],
    ['quotes with blanks', '> '.repeat(3000) + 'deep', 'deep'],
    ['lists', '- '.repeat(3000) + 'deep', 'deep'],
    ['numbers', '1. '.repeat(2000) + 'deep', 'deep'],
    ['both', '- > '.repeat(2000) + 'deep', 'deep'],
    ['emphasis', '*a **b '.repeat(1000) + 'deep' + '** *'.repeat(1000), 'deep'],
    ['strikes', '*a ~~b '.repeat(1000) + 'deep' + '~~ *'.repeat(1000), 'deep'],
    ['brackets', '['.repeat(5000) + 'deep' + ']'.repeat(4000), 'deep'],
    ['images', '![a'.repeat(1000) + 'deep' + '](https://b.example)'.repeat(300), 'deep'],
    ['lines', Array.from({ length: 90 }, (_, depth) => `${'>'.repeat(depth)}word${depth}`).join('\n'), 'word89'],
    [
      'indented items',
      Array.from({ length: 60 }, (_, depth) => `${'  '.repeat(depth)}- word${depth}`).join('\n'),
      'word59',
    ],
  ])('of %s is limited and loses no word', (_, source, word) => {
    const nodes = parseStrict(renderMarkdown(source))
    expect(textOf(nodes)).toContain(word)
  })

  it('loses no word of lines at any depth', () => {
    const lines = Array.from(
      { length: 200 },
      (_, at) => `${'> '.repeat((at * 7) % 40)}${'- '.repeat((at * 3) % 25)}word${at}`,
    )
    const text = textOf(parseStrict(renderMarkdown(lines.join('\n'))))
    for (let at = 0; at < lines.length; at++) expect(text).toContain(`word${at}`)
  })
})

describe('tables', () => {
  const table = (columns: number, rows: number) =>
    `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n${Array.from({ length: rows }, (_, row) => `word${row}`).join('\n')}`

  it('have at most 32 columns', () => {
    expect(renderMarkdown(table(32, 1))).toContain('<table>')
    expect(renderMarkdown(table(33, 1))).not.toContain('<table>')
  })

  it('fill up only so many cells in one comment, and lose no word', () => {
    const source = `${table(30, 400)}\n\n${table(30, 400)}`
    const nodes = parseStrict(renderMarkdown(source))
    expect(elementsOf(nodes, 'td').length + elementsOf(nodes, 'th').length).toBeLessThanOrEqual(1500)
    for (let row = 0; row < 400; row++) expect(textOf(nodes)).toContain(`word${row}`)
  })
})

describe('anything at all', () => {
  const characters = Array.from('*_`[]()<>!#-+|\\&"\':\n a~@\t\u202e\u2066\u0301\u0000é')
  const pieces = [
    '~~',
    '```\n',
    '\n\n',
    '    ',
    '1. ',
    '- ',
    '> ',
    '|-|-|\n',
    '[a]: https://b.example "c"\n',
    'https://',
    'www.',
    'b.example',
  ]
  const hostile = ['&#8238;', '&lt;', '&#xD;', '\ud800', '<script>', '<img src=x onerror=y>', '👩\u200d👧']
  const markup = fc
    .array(fc.constantFrom(...characters, ...pieces, ...hostile), { maxLength: 60 })
    .map((parts) => parts.join(''))

  it('stays inside the allowed tags', () => {
    fc.assert(
      fc.property(fc.oneof(markup, fc.string({ unit: 'binary' })), (source) => {
        expect(() => parseStrict(renderMarkdown(source))).not.toThrow()
      }),
      { numRuns: 3000 },
    )
  })

  it('stays inside the allowed tags for every slow source', () => {
    for (const make of Object.values(abuse)) expect(() => parseStrict(renderMarkdown(make(3000)))).not.toThrow()
  })

  it('stays inside the allowed tags for every known attack, and shows it as text', () => {
    const own = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '[a](https://b.example "onmouseover=alert(1)")',
      '[a](<https://b.example/" onclick="alert(1)>)',
      '![" onerror="alert(1)](https://b.example)',
      '```" onclick="alert(1)\n```',
      '<https://b.example/"onclick=alert(1)>',
      '<!--<img title="--><img src=x onerror=alert(1)>">',
    ]
    const corpus = sharedData<{ payload: string }[]>('xss/corpus-a.json') ?? []
    const naughty = sharedData<string[]>('strings/blns-a.json') ?? []
    for (const attack of [...own, ...corpus.map((entry) => entry.payload), ...naughty]) {
      for (const source of [
        attack,
        `> ${attack}`,
        `[a](${attack})`,
        `![${attack}](https://b.example)`,
        `|${attack}|b|\n|-|-|\n|c|${attack}|`,
        `\`${attack}\``,
        `[a]: ${attack}\n[a]`,
      ]) {
        expect(() => parseStrict(renderMarkdown(source))).not.toThrow()
      }
    }
  })

  it('uses every tag that it is allowed to use', () => {
    const source =
      '# a\n## a\n### a\n#### a\n***\n> a\n\n- a\n\n1. a\n\n`a` *a* **a** ~~a~~ <https://a.example>\\\n```\na\n```\n\n|a|\n|-|\n|a|\n\na\\\nb'
    const html = renderMarkdown(source)
    for (const tag of Object.keys(allowedTags)) expect(html).toMatch(new RegExp(`<${tag}[ >]`))
  })
})

describe('plain text', () => {
  it.each([
    'Great write-up. One nit: the y-axis starts at 40 & "that" is <wrong>.',
    'C:\\temp\\new 2 * 3 * 4 = 24, snake_case_name, ~2 TB, #1, $5-$10 [sic] a|b {x} ^_^ 50% off!',
    '+1',
    '¯\\_(ツ)_/¯ and (╯°□°）╯︵ ┻━┻ and ( ͡° ͜ʖ ͡°)',
    'Ünïcödé ﬁ ½ ① 한국어 中文 עברית العربية ไทย 👍🏽',
  ])('%j comes out as it went in', (text) => {
    expect(textOf(parseStrict(renderMarkdown(text)))).toBe(`${text}\n`)
  })

  // The others hold Markdown: code, quotes, lists, a table, a tab or blanks that a paragraph does not show.
  const withMarkup = new Set(['t002', 't003', 't006', 't044', 't058', 't068', 't114', 't115', 't116'])
  const comments = sharedData<{ id: string; text: string }[]>('texts/comments.json') ?? []

  it.each(comments.filter(({ id }) => !withMarkup.has(id)))(
    'of real comment $id comes out as it went in',
    ({ text }) => {
      // A paragraph ends with one line end, and neither the blank lines between two nor the blanks at their ends show.
      const visible = text
        .normalize('NFC')
        .replace(/ +$/gm, '')
        .replace(/\n{2,}/g, '\n')
        .trim()
      expect(textOf(parseStrict(renderMarkdown(text.normalize('NFC')))).trim()).toBe(visible)
    },
  )

  it.each(comments.filter(({ id }) => withMarkup.has(id)))('of real comment $id keeps its words', ({ text }) => {
    const words = (all: string) => all.match(/[\p{L}\p{N}]+/gu) ?? []
    const shown = words(textOf(parseStrict(renderMarkdown(text))))
    expect(words(text)).toEqual(expect.arrayContaining(shown))
    expect(shown.length).toBeGreaterThan(3)
  })
})
