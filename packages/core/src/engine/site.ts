import type { FindSite, Site } from '../ports/index.ts'
import { createLru } from './lru.ts'

/** A site with every default filled in. */
export type SiteSettings = Required<Site>

const idPattern = /^[a-z0-9_-]{1,64}$/

/**
 * Fills in defaults and checks what an operator may get wrong.
 * @throws TypeError that names the option
 */
export function siteSettings(site: Site): SiteSettings {
  if (!idPattern.test(site.id)) {
    throw new TypeError(`\`sites\`: the id ${JSON.stringify(site.id)} must be 1 to 64 of a-z, 0-9, - and _`)
  }
  for (const origin of site.origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new TypeError(
        `\`sites\`: ${JSON.stringify(origin)} of site ${site.id} is not an origin; write it as https://blog.example.org, without a path or a final slash`,
      )
    }
  }
  const maxDepth = site.maxDepth ?? 8
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 32) {
    throw new TypeError(`\`sites\`: \`maxDepth\` of site ${site.id} must be a whole number from 1 to 32`)
  }
  return {
    id: site.id,
    origins: site.origins,
    guests: site.guests ?? true,
    guestEmail: site.guestEmail ?? false,
    premoderate: site.premoderate ?? 'none',
    maxDepth,
    sort: site.sort ?? 'newest',
    editWindowMs: site.editWindowMs ?? 30 * 60_000,
  }
}

/** Looks sites up, with their defaults. A list is checked now; a function is asked each time and checked then. */
export function siteFinder(sites: readonly Site[] | FindSite): (id: string) => Promise<SiteSettings | null> {
  if (typeof sites === 'function') {
    const settings = new WeakMap<Site, SiteSettings>()
    return async (id) => {
      if (!idPattern.test(id)) return null
      const site = await sites(id)
      if (!site) return null
      const known = settings.get(site)
      if (known) return known
      const filled = siteSettings(site)
      settings.set(site, filled)
      return filled
    }
  }
  const byId = new Map<string, SiteSettings>()
  for (const site of sites) {
    if (byId.has(site.id)) throw new TypeError(`\`sites\`: the id ${site.id} stands there twice`)
    byId.set(site.id, siteSettings(site))
  }
  return (id) => Promise.resolve(byId.get(id) ?? null)
}

/** Remembers which page stands behind a thread's id. Neither ever changes. */
export interface ThreadDirectory {
  get(thread: string): { site: string; key: string } | undefined
  set(thread: string, page: { site: string; key: string }): void
}

export function createThreadDirectory(): ThreadDirectory {
  return createLru<{ site: string; key: string }>(10_000)
}
