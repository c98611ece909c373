import type { ThreadId } from '../ports/index.ts'
import { sha256 } from '../runtime/sha256.ts'
import { base32 } from './base32.ts'

/**
 * The id of a page's thread: the first 100 bits of SHA-256 over site, 0x00 and page key, as 20 characters of base32hex.
 * Derived, so that a reader needs no look-up and an empty thread no row; uniform, so that it spreads over shards.
 *
 * @example
 * await threadId('blog', '/posts/hello') // 20 characters, always the same
 */
export async function threadId(site: string, pageKey: string): Promise<ThreadId> {
  const digest = await sha256(`${site}\u0000${pageKey}`)
  return base32(digest.subarray(0, 13)).slice(0, 20)
}
