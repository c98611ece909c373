import { describe, expect, test } from 'vitest'
import { plainExpect } from './plain-expect.ts'
import { plainRunner } from './plain-runner.ts'

class Point {
  x = 1
}

/** Pairs, and whether each matcher takes them: vitest is asked the same. */
const pairs: readonly (readonly [value: unknown, expected: unknown])[] = [
  [1, 1],
  [1, '1'],
  [Number.NaN, Number.NaN],
  [0, -0],
  [null, undefined],
  [null, { a: 1 }],
  ['a', 'a'],
  [
    [1, 2],
    [1, 2],
  ],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, undefined]],
  [[], {}],
  [{ a: 1 }, { a: 1 }],
  [{ a: 1, b: undefined }, { a: 1 }],
  [{ a: 1, b: 2 }, { a: 1 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: { b: [{ c: 1, d: 2 }] } }, { a: { b: [{ c: 1 }] } }],
  [{ a: [1, 2] }, { a: [1] }],
  [{ a: null }, { a: undefined }],
  [{}, { a: undefined }],
  [new Point(), { x: 1 }],
  [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]])],
  [new Map([['a', 1]]), new Map([['a', 2]])],
  [new Map(), new Set()],
  [{ m: new Map([['a', [1]]]) }, { m: new Map([['a', [1]]]) }],
  [new Set([1, 2]), new Set([2, 1])],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
  [Object.assign(new TypeError('no'), { code: 'x' }), { code: 'x', message: 'no', name: 'TypeError' }],
  [JSON.parse('{"__proto__":1}'), {}],
]

const holds = (run: () => unknown): boolean => {
  try {
    run()
    return true
  } catch {
    return false
  }
}

describe('the plain matchers agree with vitest', () => {
  test.each(pairs.map(([value, expected], i) => [i, value, expected] as const))('pair %i', (_i, value, expected) => {
    // Only objects can be matched.
    const object = typeof expected === 'object' && expected !== null ? expected : [expected]
    const theirs = {
      toBe: holds(() => expect(value).toBe(expected)),
      toEqual: holds(() => expect(value).toEqual(expected)),
      toStrictEqual: holds(() => expect(value).toStrictEqual(expected)),
      toMatchObject: holds(() => expect(value).toMatchObject(object)),
    }
    const ours = {
      toBe: holds(() => plainExpect(value).toBe(expected)),
      toEqual: holds(() => plainExpect(value).toEqual(expected)),
      toStrictEqual: holds(() => plainExpect(value).toStrictEqual(expected)),
      toMatchObject: holds(() => plainExpect(value).toMatchObject(object)),
    }
    expect(ours).toEqual(theirs)
    expect(holds(() => plainExpect(value).not.toEqual(expected))).toBe(!theirs.toEqual)
  })

  test('about numbers', () => {
    for (const [a, b] of [
      [1, 2],
      [2, 2],
      [3, 2],
    ] as const) {
      expect(holds(() => plainExpect(a).toBeGreaterThan(b))).toBe(a > b)
      expect(holds(() => plainExpect(a).toBeLessThanOrEqual(b))).toBe(a <= b)
    }
    expect(holds(() => plainExpect('3').toBeGreaterThan(2))).toBe(false)
  })

  test('about what rejects', async () => {
    const failing = (): Promise<never> => Promise.reject(Object.assign(new TypeError('no such thing'), { code: 'x' }))
    await plainExpect(failing()).rejects.toThrow()
    await plainExpect(failing()).rejects.toThrow(TypeError)
    await plainExpect(failing()).rejects.toThrow('such')
    await plainExpect(failing()).rejects.toThrow(/^no/)
    await plainExpect(failing()).rejects.toMatchObject({ code: 'x' })
    await expect(plainExpect(failing()).rejects.toThrow(RangeError)).rejects.toThrow('RangeError')
    await expect(plainExpect(failing()).rejects.toMatchObject({ code: 'y' })).rejects.toThrow('to match')
    await expect(plainExpect(Promise.resolve(1)).rejects.toThrow()).rejects.toThrow('did not')
  })

  test('say what was expected, and why', () => {
    expect(() => plainExpect(new Map([['a', 1]]), 'seed 5').toEqual(new Map())).toThrow(
      'seed 5: expected {"Map":[["a",1]]} to equal {"Map":[]}',
    )
  })
})

describe('the plain runner', () => {
  test('names tests by their groups, and runs what stands around them', async () => {
    const runner = plainRunner()
    const steps: string[] = []
    const step = (name: string) => async (): Promise<void> => void steps.push(name)
    runner.describe('a', () => {
      runner.describe('b', () => void runner.it('one', step('one')))
      runner.it('two', step('two'))
    })
    runner.beforeEach(step('before'))
    runner.afterEach(step('after'))
    expect(runner.tests.map(({ name }) => name)).toEqual(['a > b > one', 'a > two'])
    for (const one of runner.tests) await one.run()
    expect(steps).toEqual(['before', 'one', 'after', 'before', 'two', 'after'])
  })

  test('lets a failure out, and one that never ends', async () => {
    const runner = plainRunner()
    runner.it('fails', () => Promise.reject(new Error('no')))
    runner.it('hangs', () => new Promise(() => {}), 1)
    const [fails, hangs] = runner.tests
    await expect(fails?.run()).rejects.toThrow('no')
    await expect(hangs?.run()).rejects.toThrow('longer than 1 ms')
  })
})
