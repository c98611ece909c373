import type { ThreadId } from '../ports/index.ts'
import { base32 } from './base32.ts'

/**
 * The id of a page's thread: the first 100 bits of SHA-256 over site, 0x00 and page key, as 20 characters of base32hex.
 * Derived, so that a reader needs no look-up and an empty thread no row; uniform, so that it spreads over shards.
 */
export async function threadId(site: string, pageKey: string): Promise<ThreadId> {
  const input = new TextEncoder().encode(`${site}\u0000${pageKey}`)
  const digest = await crypto.subtle.digest('SHA-256', input)
  return base32(new Uint8Array(digest, 0, 13)).slice(0, 20)
}
