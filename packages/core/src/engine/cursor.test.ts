import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { toBase64Url } from './ids.ts'

const id = '1k86b67oiajsle6j'
const textOf = (value: unknown): string => toBase64Url(new TextEncoder().encode(JSON.stringify(value)))

test('comes back for the sort it was made for, and for no other', () => {
  const text = encodeCursor('newest', { rank: 0, id })
  expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(text.length).toBeLessThan(100)
  expect(decodeCursor('newest', text)).toEqual({ rank: 0, id })
  expect(decodeCursor('oldest', text)).toBeNull()
})

test.each([
  [[2, 'newest', 0, id]],
  [[1, 'newest', '0', id]],
  [[1, 'newest', null, id]],
  [[1, 'newest', 0, id, 0]],
  [[1, 'newest', 0]],
  [[1, 'newest', 0, 'not an id']],
  [[1, 'newest', 0, { $gt: '' }]],
  [{ 0: 1, 1: 'newest', 2: 0, 3: id, length: 4 }],
  [null],
  ['newest'],
])('%j is none', (value) => {
  expect(decodeCursor('newest', textOf(value))).toBeNull()
})

test('whatever a client sends is a cursor or none, and never an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(decodeCursor('newest', text)).toBeNull()
    }),
  )
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(decodeCursor('newest', textOf(JSON.parse(json)))).toBeNull()
    }),
  )
})
