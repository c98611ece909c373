import type { Bytes } from '../ports/index.ts'
import { sha256 } from '../runtime/sha256.ts'
import { toBase64Url } from './ids.ts'

/** The first 132 bits of SHA-256 as base64url: names a content, keeps nothing secret. */
export async function contentHash(content: string | Bytes): Promise<string> {
  return toBase64Url(await sha256(content)).slice(0, 22)
}
