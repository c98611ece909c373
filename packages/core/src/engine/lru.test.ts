import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLru } from './lru.ts'

describe('a memory with a bound', () => {
  test('gives back what was put in last, until it is full', () => {
    const lru = createLru<number>(100)
    lru.set('a', 1)
    lru.set('a', 2)
    expect([lru.get('a'), lru.get('b')]).toEqual([2, undefined])
    lru.delete('a')
    expect(lru.get('a')).toBeUndefined()
  })

  test('keeps what is used and forgets what is not', () => {
    const lru = createLru<number>(100)
    lru.set('used', 1)
    lru.set('unused', 1)
    for (let i = 0; i < 1_000; i++) {
      lru.set(`other ${i}`, i)
      lru.get('used')
    }
    expect([lru.get('used'), lru.get('unused')]).toEqual([1, undefined])
  })

  test('never gives back what was deleted or replaced, and never holds more than its bound', () => {
    const names = Array.from('abcdefghij')
    const key = fc.constantFrom(...names)
    const step = fc.oneof(
      fc.record({ op: fc.constant('set' as const), key, weight: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ op: fc.constant('get' as const), key, weight: fc.constant(0) }),
      fc.record({ op: fc.constant('delete' as const), key, weight: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const limit = 20
        const lru = createLru<{ weight: number; at: number }>(limit, (value) => value.weight)
        const model = new Map<string, { weight: number; at: number }>()
        for (const [at, { op, key: name, weight }] of steps.entries()) {
          if (op === 'set') {
            lru.set(name, { weight, at })
            model.set(name, { weight, at })
          } else if (op === 'delete') {
            lru.delete(name)
            model.delete(name)
          } else {
            const found = lru.get(name)
            if (found !== undefined) expect(found).toEqual(model.get(name))
          }
        }
        // The last one in may be as heavy as it likes; all the others share the bound.
        let held = 0
        for (const name of names) held += lru.get(name)?.weight ?? 0
        expect(held).toBeLessThanOrEqual(limit + 8)
      }),
    )
  })
})
