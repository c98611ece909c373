import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createIds, fromBase64Url, timeOfId, toBase64Url } from './ids.ts'

const now = 1_795_500_000_000

describe('ids', () => {
  test('are strictly increasing, also within a millisecond and when the clock goes back', () => {
    const ids = createIds()
    let last = ''
    for (let i = 0; i < 100_000; i++) {
      const at = now + Math.floor(i / 30_000) - (i % 1_000 === 0 ? 5_000 : 0)
      const id = ids.next(at)
      if (id <= last) throw new Error(`${id} does not come after ${last}`)
      last = id
    }
    expect(last).toMatch(/^[0-9a-v]{16}$/)
  })

  test('tell their millisecond, and run ahead of it only after tens of thousands', () => {
    const ids = createIds()
    for (let i = 0; i < 10_000; i++) expect(timeOfId(ids.next(now))).toBe(now)
    for (let i = 0; i < 40_000; i++) ids.next(now)
    expect(timeOfId(ids.next(now)) - now).toBeLessThanOrEqual(3)
    expect(timeOfId(ids.next(now + 1_000))).toBe(now + 1_000)
  })

  test('of several processes do not meet', () => {
    const processes = Array.from({ length: 20 }, createIds)
    const all = new Set<string>()
    for (let i = 0; i < 2_000; i++) for (const ids of processes) all.add(ids.next(now + i))
    expect(all.size).toBe(40_000)
  })

  test('sort by time between processes', () => {
    const time = fc.integer({ min: 0, max: 2 ** 45 - 1 })
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a !== b)
        expect(createIds().next(a) < createIds().next(b)).toBe(a < b)
        expect(timeOfId(createIds().next(a))).toBe(a)
      }),
    )
  })

  test('of something that has a name already are the same every time, and of that time', () => {
    const ids = createIds()
    const id = ids.derived(now, 'disqus:1234')
    expect(id).toMatch(/^[0-9a-v]{16}$/)
    expect([createIds().derived(now, 'disqus:1234'), timeOfId(id)]).toEqual([id, now])
    const names = Array.from({ length: 50_000 }, (_, i) => ids.derived(now, `disqus:${i}`))
    expect(new Set(names).size).toBe(50_000)
    expect(ids.derived(-1, 'x').slice(0, 9)).toBe('000000000')
  })

  test('secrets have the bytes asked for and never come twice', () => {
    const secrets = Array.from({ length: 1_000 }, () => createIds().secret(16))
    expect(new Set(secrets).size).toBe(1_000)
    expect(secrets.every((secret) => fromBase64Url(secret)?.length === 16)).toBe(true)
  })
})

describe('base64url', () => {
  test('comes back as it went', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  test.each(['a', 'ab=', 'a b', 'a+b/', 'aé', 'ab\n', '='])('%j is none', (text) => {
    expect(fromBase64Url(text)).toBeNull()
  })
})
