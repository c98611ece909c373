import type { Bytes } from '../ports/index.ts'

/** SHA-256 of a text in UTF-8, or of bytes. */
export type Sha256 = (content: string | Bytes) => Bytes | Promise<Bytes>

interface HostProcess {
  getBuiltinModule?: (name: string) => unknown
}

interface NodeCrypto {
  hash(name: string, content: string | Bytes, encoding: 'buffer'): Uint8Array<ArrayBuffer>
}

/**
 * The runtime's own synchronous hash where there is one. The web's `digest` goes through a pool of threads, which costs
 * more processor than hashing a whole comment, several times for each one.
 */
export const sha256: Sha256 = pickSha256()

function pickSha256(): Sha256 {
  const host = (globalThis as { process?: HostProcess }).process
  const node = host?.getBuiltinModule?.('node:crypto')
  if (hasHash(node)) return (content) => node.hash('sha256', content, 'buffer')
  return async (content) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  }
}

function hasHash(value: unknown): value is NodeCrypto {
  return typeof value === 'object' && value !== null && 'hash' in value && typeof value.hash === 'function'
}
