import { expect, test } from 'vitest'
import { z } from 'zod'
import type { ConfabError } from './errors.ts'
import { parseInput } from './parse.ts'

const schema = z.strictObject({
  name: z.string().min(1).max(5),
  rank: z.int().min(1).max(9),
  kind: z.enum(['a', 'b']),
  list: z.array(z.string()).max(2).optional(),
  inner: z.strictObject({ flag: z.boolean() }).optional(),
})
const right = { name: 'x', rank: 1, kind: 'a' }

function wrong(value: unknown): { readonly field: string; readonly message: string }[] {
  try {
    parseInput(schema, value)
  } catch (error) {
    return (error as ConfabError).details?.['fields'] as { field: string; message: string }[]
  }
  throw new Error('Expected it to be refused')
}

test('what is right comes through', () => {
  expect(parseInput(schema, right)).toEqual(right)
})

test.each<[object, string, string]>([
  [{ name: undefined }, 'name', 'is needed'],
  [{ name: 7 }, 'name', 'must be a string'],
  [{ name: '' }, 'name', 'must not be empty'],
  [{ name: 'xxxxxx' }, 'name', 'must be at most 5 characters long'],
  [{ rank: '1' }, 'rank', 'must be a number'],
  [{ rank: 1.5 }, 'rank', 'must be a whole number'],
  [{ rank: 0 }, 'rank', 'must be at least 1'],
  [{ rank: 10 }, 'rank', 'must be at most 9'],
  [{ kind: 'c' }, 'kind', 'must be one of a, b'],
  [{ list: 'x' }, 'list', 'must be an array'],
  [{ list: ['a', 1] }, 'list.1', 'must be a string'],
  [{ list: ['a', 'b', 'c'] }, 'list', 'must be at most 2 long'],
  [{ inner: 7 }, 'inner', 'must be an object'],
  [{ inner: { flag: 1 } }, 'inner.flag', 'must be a boolean'],
  [{ inner: { flag: true, more: 1 } }, 'inner.more', 'is not known here'],
  [{ more: 1 }, 'more', 'is not known here'],
])('%j: `%s` %s', (change, field, message) => {
  expect(wrong({ ...right, ...change })).toEqual([{ field, message }])
})

test('something that is no object is named as a whole', () => {
  expect(wrong(null)).toEqual([{ field: 'body', message: 'must be an object' }])
  expect(() => parseInput(z.string(), 7, 'pageKey')).toThrow('`pageKey` must be a string')
})

test('names a field once, and no more fields and no longer names than an answer should hold', () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field ${i}`, 1]))
  expect(wrong({ ...right, ...many })).toHaveLength(20)
  const [long] = wrong({ ...right, ['x'.repeat(5_000)]: 1 })
  expect(long?.field).toHaveLength(103)
})
