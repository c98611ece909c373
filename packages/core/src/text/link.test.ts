import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { allowedValues } from './allowed.ts'
import { maxLinkLength, safeLink } from './link.ts'

describe('safeLink', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['HTTP://Example.COM:80/A?b=c#d', 'http://example.com/A?b=c#d'],
    ['https://example.com/a b"<>', 'https://example.com/a%20b%22%3C%3E'],
    ['https://example.com/?q=\\"', 'https://example.com/?q=%5C%22'],
    ['https://example.com/\\@b', 'https://example.com//@b'],
    ['https://münchen.example/straße', 'https://xn--mnchen-3ya.example/stra%C3%9Fe'],
    ['https://example.com/مدونة', 'https://example.com/%D9%85%D8%AF%D9%88%D9%86%D8%A9'],
    ['http://localhost:8080/', 'http://localhost:8080/'],
    ['http://[::1]/', 'http://[::1]/'],
    ['mailto:Ann.B+c@example.org', 'mailto:Ann.B+c@example.org'],
    ['MAILTO:a@b.c', 'mailto:a@b.c'],
    ['https://bank.example\\@evil.example@c.example', 'https://bank.example/@evil.example@c.example'],
  ])('lets %s be %s', (address, href) => {
    expect(safeLink(address)).toBe(href)
    expect(safeLink(href)).toBe(href)
    expect(href).toMatch(allowedValues.href)
  })

  it.each([
    '',
    '/path',
    '#top',
    '?a',
    'page.html',
    '//example.com',
    '\\\\example.com',
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'https:\\\\example.com',
    'https://\\example.com',
    'https://',
    'https://@',
    'https://a@b.example',
    'https://a:b@c.example',
    'https://exa"mple.com',
    'https://exa,mple.com',
    'mailto:a@b',
    'https://:b@c.example',
    'https://a b.example',
    'https://a%00.example',
    'http://exa\u202emple.com',
    'https://example.com/\u0000',
    'https://exam\nple.com',
    'https://exam\tple.com',
    ' https://example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'data:text/html,<b>',
    'data:image/png;base64,AAAA',
    'blob:https://example.com/a',
    'view-source:https://example.com',
    ['java', 'script:alert(1)'].join(''),
    ['java', '\tscript:alert(1)'].join(''),
    ['JAVA', 'SCRIPT://example.com/%0aalert(1)'].join(''),
    ['vb', 'script:a'].join(''),
    'mailto:',
    'mailto:a',
    'mailto:a@b?bcc=c@d',
    'mailto:a@b,c@d',
    'mailto:a@b#c',
    'mailto:"a b"@c',
    'mailto:a@b%0abcc:c@d',
    `https://example.com/${'a'.repeat(maxLinkLength)}`,
    `https://example.com/${'ä'.repeat(maxLinkLength / 2)}`,
  ])('refuses %j', (address) => {
    expect(safeLink(address)).toBeNull()
  })

  it('gives only what a browser reads the same way', () => {
    const piece = fc.constantFrom(
      'http',
      's',
      ':',
      '/',
      '\\',
      '@',
      '.',
      '?',
      '#',
      '%',
      ' ',
      '"',
      '<',
      "'",
      '\u200b',
      'ä',
      'a',
      'xn--',
      '[',
      ']',
      '::1',
      '0x7f',
    )
    const address = fc.tuple(fc.constantFrom('', 'http://', 'https://', 'mailto:'), fc.array(piece, { maxLength: 12 }))
    fc.assert(
      fc.property(address, ([start, rest]) => {
        const href = safeLink(start + rest.join(''))
        if (href === null) return
        const url = new URL(href)
        expect(url.href).toBe(href)
        expect(['http:', 'https:', 'mailto:']).toContain(url.protocol)
        expect(url.username + url.password).toBe('')
        expect(href).toMatch(allowedValues.href)
      }),
      { numRuns: 3000 },
    )
  })
})
