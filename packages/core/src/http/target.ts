import type { Store, ThreadTarget } from '../ports/index.ts'
import { ConfabError, invalid } from '../engine/errors.ts'
import { createLru } from '../engine/lru.ts'
import { threadId } from '../engine/thread-id.ts'

/** What of an address says which site and thread it is about. */
export interface Address {
  readonly site: string | undefined
  readonly pageKey: string | undefined
  /** The thread of the path: an id, `-`, or nothing for paths without one. */
  readonly thread: string | undefined
}

/** Finds the thread an address is about. */
export type FindTarget = (address: Address) => Promise<ThreadTarget>

/**
 * `-` takes the thread of `site` and `pageKey`, whether it exists or not. An id finds its site by itself; a `site` that
 * is given as well must be the same one, so that nobody acts on a thread of another site by leaving something out.
 */
export function targetFinder(store: Pick<Store, 'siteOf' | 'threads'>): FindTarget {
  const byPage = createLru<string>(10_000)
  const byId = createLru<ThreadTarget>(10_000)

  async function ofPage(site: string, key: string): Promise<ThreadTarget> {
    const name = `${site}\u0000${key}`
    const known = byPage.get(name)
    if (known !== undefined) return { site, key, thread: known }
    const thread = await threadId(site, key)
    byPage.set(name, thread)
    return { site, key, thread }
  }

  async function ofId(thread: string): Promise<ThreadTarget> {
    const known = byId.get(thread)
    if (known) return known
    const site = /^[0-9a-v]{20}$/.test(thread) ? await store.siteOf(thread) : null
    const [row] = site === null ? [] : await store.threads(site, [thread])
    if (!row) throw new ConfabError('not_found', 'There is no such thread')
    const target: ThreadTarget = { site: row.site, key: row.key, thread }
    byId.set(thread, target)
    return target
  }

  return async ({ site, pageKey, thread }) => {
    if (thread === undefined) {
      if (site === undefined) throw invalid('site', 'is needed')
      return { site, key: '', thread: '' }
    }
    if (thread === '-') {
      if (site === undefined) throw invalid('site', 'is needed')
      if (pageKey === undefined) throw invalid('pageKey', 'is needed')
      return ofPage(site, pageKey)
    }
    const target = await ofId(thread)
    if ((site ?? target.site) !== target.site || (pageKey ?? target.key) !== target.key) {
      throw new ConfabError('not_found', 'There is no such thread')
    }
    return target
  }
}
