import { StoreError } from './errors.ts'

/**
 * The name of a site that cannot exist, for comments that nobody may see yet: every question about comments names a
 * site. Site ids hold `a-z`, `0-9`, `-` and `_`, all of which sort before a tilde.
 */
export function hiddenSite(): string {
  return `~${crypto.randomUUID()}`
}

/** Before and behind every hidden site: for what a process that died has left. */
hiddenSite.first = '~'
hiddenSite.last = '~~'

/** Some of the comments that were put there are gone. */
export function restoreClash(): StoreError {
  return new StoreError('store_failed', 'Another process restored the same thread at the same time: try again')
}
