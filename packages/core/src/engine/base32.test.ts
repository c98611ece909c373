import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base32, base32Number } from './base32.ts'

// RFC 4648, section 10, base32hex, in lower case and without padding.
test.each([
  ['', ''],
  ['f', 'co'],
  ['fo', 'cpng'],
  ['foo', 'cpnmu'],
  ['foob', 'cpnmuog'],
  ['fooba', 'cpnmuoj1'],
  ['foobar', 'cpnmuoj1e8'],
])('%j is %j', (text, encoded) => {
  expect(base32(new TextEncoder().encode(text))).toBe(encoded)
})

test('keeps bytes of one length in order, and apart', () => {
  const bytes = fc.uint8Array({ minLength: 13, maxLength: 13 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const order = Math.sign(Buffer.compare(a, b))
      const [textA, textB] = [base32(a), base32(b)]
      expect(textA < textB ? -1 : textA > textB ? 1 : 0).toBe(order)
      expect(textA).toHaveLength(21)
    }),
  )
})

test('keeps numbers in order, in the width asked for', () => {
  const number = fc.integer({ min: 0, max: 2 ** 45 - 1 })
  fc.assert(
    fc.property(number, number, (a, b) => {
      const [textA, textB] = [base32Number(a, 9), base32Number(b, 9)]
      expect(textA < textB).toBe(a < b)
      expect(textA).toMatch(/^[0-9a-v]{9}$/)
      expect(Number.parseInt(textA, 32)).toBe(a)
    }),
  )
})
