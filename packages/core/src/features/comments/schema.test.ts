import { describe, expect, it } from 'vitest'

import { createCommentInput, maxBodyLength } from './schema.ts'

const guest = { name: 'Ann' }

function fieldsOf(input: unknown): string[] {
  const result = createCommentInput.safeParse(input)
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'))
}

describe('the gate for text', () => {
  it('cleans the text and the names it lets in', () => {
    const input = createCommentInput.parse({
      body: 'Cafe\u0301\r\n\u0007',
      title: ' A\n title ',
      guest: { name: '\u202eAnn\u200b  B.' },
    })
    expect(input).toEqual({ body: 'Café\n', title: 'A title', guest: { name: 'Ann B.' } })
  })

  it.each(['', ' \n', '\u200b', '\u3164', '\u2800', '\u0301', '\u0000'])('refuses the text and the name %j', (text) => {
    expect(fieldsOf({ body: text })).toEqual(['body'])
    expect(fieldsOf({ body: 'a', guest: { name: text } })).toEqual(['guest.name'])
  })

  it('counts the text as it is typed and as it is stored', () => {
    expect(fieldsOf({ body: 'a'.repeat(maxBodyLength) })).toEqual([])
    expect(fieldsOf({ body: 'a'.repeat(maxBodyLength + 1) })).toEqual(['body'])
    // Composed, this letter is three.
    expect(fieldsOf({ body: '\ufb2c'.repeat(maxBodyLength / 2) })).toEqual(['body'])
    expect(fieldsOf({ body: 'a', guest: { name: '\ufb2c'.repeat(30) } })).toEqual(['guest.name'])
  })

  it.each([
    'https://ann@evil.example',
    'https:\\\\evil.example',
    'https:/evil.example',
    'https://exa\nmple.com',
    'https://example.com/ ',
    'mailto:ann@example.com',
    ['java', 'script:alert(1)'].join(''),
    '/ann',
  ])('refuses the website %j', (website) => {
    expect(fieldsOf({ body: 'a', guest: { ...guest, website } })).toEqual(['guest.website'])
  })

  it.each(['ann@example', 'a b@example.org', 'a\u0000@example.org', 'a@exam\u202eple.org', 'a@b.c,d@e.f'])(
    'refuses the mail address %j',
    (email) => {
      expect(fieldsOf({ body: 'a', guest: { ...guest, email } })).toEqual(['guest.email'])
    },
  )

  it('lets ordinary guests in', () => {
    const input = {
      body: 'a',
      guest: { name: 'Jörg', email: 'jörg@münchen.example', website: 'https://münchen.example/ä?b' },
    }
    expect(createCommentInput.parse(input)).toEqual(input)
  })
})
