import type { Bytes } from '../ports/index.ts'

/** SHA-256 of a few bytes. */
export type Sha256 = (bytes: Bytes) => Bytes | Promise<Bytes>

interface HostProcess {
  getBuiltinModule?: (name: string) => unknown
}

interface NodeCrypto {
  createHash(name: string): { update(bytes: Bytes): { digest(): Uint8Array<ArrayBuffer> } }
}

/**
 * The runtime's own synchronous hash where there is one. The web's `digest` goes through a pool of threads, which costs
 * more processor than hashing a whole comment, several times for each one.
 */
export const sha256: Sha256 = pickSha256()

function pickSha256(): Sha256 {
  const host = (globalThis as { process?: HostProcess }).process
  const node = host?.getBuiltinModule?.('node:crypto')
  if (hasCreateHash(node)) return (bytes) => new Uint8Array(node.createHash('sha256').update(bytes).digest())
  return async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

function hasCreateHash(value: unknown): value is NodeCrypto {
  return typeof value === 'object' && value !== null && 'createHash' in value && typeof value.createHash === 'function'
}
