import { describe, expect, test } from 'vitest'
import { memoryStore } from '../memory/index.ts'
import { createIds } from './ids.ts'
import { createSigner } from './signer.ts'

const ids = createIds()
const makeSecret = (): string => ids.secret(32)

describe('a signature', () => {
  test('is HMAC-SHA-256, as RFC 4231 has it', async () => {
    // Test case 2.
    const signer = createSigner('Jefe', memoryStore(), makeSecret)
    const wanted = Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex')
    expect(await signer.sign('what do ya want for nothing?')).toBe(wanted.toString('base64url'))
  })

  test('is good for its text and its secret, and for nothing else', async () => {
    const signer = createSigner('one', memoryStore(), makeSecret)
    const other = createSigner('two', memoryStore(), makeSecret)
    const signature = await signer.sign('text')
    expect(await signer.verify('text', signature)).toBe(true)
    expect(await signer.verify('text ', signature)).toBe(false)
    expect(await other.verify('text', signature)).toBe(false)
    for (const wrong of ['', 'x', `${signature}A`, signature.slice(1), `${signature}=`, ` ${signature}`]) {
      expect(await signer.verify('text', wrong)).toBe(false)
    }
  })

  test('without a secret is made with one that the store keeps, whoever was first', async () => {
    const store = memoryStore()
    const [one, two] = [createSigner(null, store, makeSecret), createSigner(null, store, makeSecret)]
    const [first, second] = await Promise.all([one.sign('text'), two.sign('text')])
    expect(first).toBe(second)
    expect(await createSigner(null, store, makeSecret).verify('text', first)).toBe(true)
    expect(await createSigner(null, memoryStore(), makeSecret).verify('text', first)).toBe(false)
  })

  test('can be made again after the store was away', async () => {
    const store = memoryStore()
    let away = true
    const flaky = {
      ...store,
      records: (spec: Parameters<typeof store.records>[0]) => {
        if (away) throw new Error('away')
        return store.records(spec)
      },
    }
    const signer = createSigner(null, flaky, makeSecret)
    await expect(signer.sign('text')).rejects.toThrow('away')
    away = false
    expect(await signer.verify('text', await signer.sign('text'))).toBe(true)
  })
})
