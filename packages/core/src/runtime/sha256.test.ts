import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { sha256 } from './sha256.ts'

test('texts and bytes hash alike, and as everywhere', async () => {
  for (const text of ['', 'abc', 'größe\u0000/päth', '🙂'.repeat(1000)]) {
    const expected = new Uint8Array(createHash('sha256').update(text).digest())
    expect(new Uint8Array(await sha256(text))).toEqual(expected)
    expect(new Uint8Array(await sha256(new TextEncoder().encode(text)))).toEqual(expected)
  }
})
