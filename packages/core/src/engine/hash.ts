import type { Bytes } from '../ports/index.ts'
import { sha256 } from '../runtime/sha256.ts'
import { toBase64Url } from './ids.ts'

/** The first 132 bits of SHA-256 as base64url: names a content, keeps nothing secret. */
export async function contentHash(content: string | Bytes): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return toBase64Url(await sha256(bytes)).slice(0, 22)
}
