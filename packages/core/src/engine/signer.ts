import type { Records, Store } from '../ports/index.ts'
import type { Signer } from './kernel.ts'
import { fromBase64Url, toBase64Url } from './ids.ts'

const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/**
 * Signs with `secret`, or with one that is made on first use and kept in the store, so that a host without a secret
 * still recognises its guests after a restart.
 */
export function createSigner(secret: string | null, store: Store, makeSecret: () => string): Signer {
  // The key and not a promise of it: a store that was away for a moment must not spoil every signature from then on, and
  // on Workers a promise dies with the request that made it.
  let key: CryptoKey | null = null

  async function getKey(): Promise<CryptoKey> {
    key ??= await importKey(secret ?? (await storedSecret(store, makeSecret)))
    return key
  }

  return {
    async sign(text) {
      const signature = await crypto.subtle.sign(algorithm, await getKey(), new TextEncoder().encode(text))
      return toBase64Url(new Uint8Array(signature))
    },
    async verify(text, signature) {
      const bytes = fromBase64Url(signature)
      if (bytes?.length !== 32) return false
      return crypto.subtle.verify(algorithm, await getKey(), bytes, new TextEncoder().encode(text))
    },
  }
}

function importKey(secret: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify'])
}

async function storedSecret(store: Store, makeSecret: () => string): Promise<string> {
  const records: Records = store.records({ name: 'secrets', indexes: {} })
  await records.write('', [{ put: { id: 'signing', value: makeSecret() }, ifRev: 'absent' }])
  const record = await records.get('', 'signing')
  if (typeof record?.['value'] !== 'string') throw new Error('The signing secret in the store cannot be read')
  return record['value']
}
