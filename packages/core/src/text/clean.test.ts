import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cleanLine, cleanText, isBlank } from './clean.ts'
import { sharedData } from './shared-data.fixture.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 40 })
// What the rules are about, densely.
const trickyText = fc
  .array(
    fc.constantFrom(
      ...Array.from(
        'aé\u0301\u0323\u0e47ש\u05b0نക\u0d4d\u200c\u200d\u202e\u2066\u2069\u200e\u00ad\ufeff\u2060\u3164\u2800👩🏴\u{e0067}\u{e007f}\ufe0f \u00a0\u3000\n\r\t\v\f\u0085\u2028\u2029\u0000\u009f\ufffe-1',
      ),
      'e\u0301',
      '\ud800',
      '\udc00',
    ),
    { maxLength: 16 },
  )
  .map((pieces) => pieces.join(''))

describe('cleanText', () => {
  it.each([
    ['a\r\nb\rc', 'a\nb\nc'],
    ['a\u2028b\u2029c\u0085d', 'a\nb\n\nc\nd'],
    ['soft\vbreak', 'soft\nbreak'],
    ['a\u0000\u001b[31mb\u007f\u009b', 'a[31mb'],
    ['\ufeffa\ufeffb', 'a\ufeffb'],
    ['Cafe\u0301', 'Café'],
    ['a\ud800b\udc00', 'a\ufffdb\ufffd'],
    ['می\u200cخواهم\tක්\u200dෂ 👩\u200d👩\u200d👧', 'می\u200cخواهم\tක්\u200dෂ 👩\u200d👩\u200d👧'],
    ['\u202eabc\u202c', '\u202eabc\u202c'],
  ])('%j becomes %j', (value, clean) => {
    expect(cleanText(value)).toBe(clean)
  })

  it('is well-formed and composed, and cleaning again changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, trickyText), (value) => {
        const clean = cleanText(value)
        expect(clean.isWellFormed()).toBe(true)
        expect(clean.normalize('NFC')).toBe(clean)
        expect(cleanText(clean)).toBe(clean)
        expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/)
      }),
    )
  })

  it('keeps every real comment as it was typed', () => {
    for (const { text } of sharedData<{ text: string }[]>('texts/comments.json') ?? []) {
      expect(cleanText(text)).toBe(text.normalize('NFC'))
      expect(isBlank(text)).toBe(false)
    }
  })
})

describe('cleanLine', () => {
  it.each([
    ['  Ann \n\t B.  ', 'Ann B.'],
    ['\u202eadmin\u202c', 'admin'],
    ['ad\u200emin\u200b', 'admin'],
    ['ad\u200dmin\u200c', 'admin'],
    ['\u2067שלום\u2069', 'שלום'],
    ['نیم\u200cفاصله', 'نیم\u200cفاصله'],
    ['ന്\u200d', 'ന്\u200d'],
    ['👩\u200d💻 \u200d Eve', '👩\u200d💻 Eve'],
    [
      '\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f} Dai\u{e0041}',
      '\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f} Dai',
    ],
    ['\u3164', ''],
    [`Z${'\u0321\u0322\u0327\u0328\u0331\u0332'.repeat(4)}o`, '\u1e94\u0321\u0322\u0327\u0328o'],
    ['ก็็็็็็็', 'ก็็'],
    ['Nguyễn Thị Minh', 'Nguyễn Thị Minh'],
    ['བཀྲ་ཤིས ཧྐྵྨླྺྼྻྂ', 'བཀྲ་ཤིས ཧྐྵྨླྺྼྻྂ'],
    ['בְּרֵאשִׁ֖ית', 'בְּרֵאשִׁ֖ית'.normalize('NFC')],
  ])('%j becomes %j', (value, clean) => {
    expect(cleanLine(value)).toBe(clean)
  })

  it('is one line without anything that turns or hides text, and cleaning again changes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, trickyText), (value) => {
        const clean = cleanLine(value)
        expect(cleanLine(clean)).toBe(clean)
        expect(clean.normalize('NFC')).toBe(clean)
        expect(clean.trim()).toBe(clean)
        expect(clean).not.toMatch(/\p{Bidi_Control}|[^\S ]|\p{Cc}|\u200b|\u00ad/u)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('isBlank', () => {
  it.each(['', ' \n\t', '\u200b\u200d', '\u3164\u115f\uffa0', '\u2800', '\u00ad\ufeff', '\u0301\u20dd', '\u{e0041}'])(
    '%j',
    (text) => {
      expect(isBlank(text)).toBe(true)
    },
  )
  it.each(['.', 'a\u200b', '\u0301a', '1️⃣', '😀', 'ー', '\u{20000}', '\ue000'])('not %j', (text) => {
    expect(isBlank(text)).toBe(false)
  })
})
