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
  if (typeof site !== 'object' || site === null || typeof site.id !== 'string' || !idPattern.test(site.id)) {
    const id = JSON.stringify(site?.id) ?? 'that is missing'
    throw new TypeError(`\`sites\`: the id ${id} must be 1 to 64 of a-z, 0-9, - and _`)
  }
  const check = (name: keyof Site, isRight: boolean, what: string): void => {
    if (!isRight) throw new TypeError(`\`sites\`: \`${name}\` of site ${site.id} must be ${what}`)
  }
  check('origins', Array.isArray(site.origins), "a list such as ['https://blog.example.org']")
  for (const origin of site.origins) {
    if (URL.parse(origin)?.origin !== origin) {
      throw new TypeError(
        `\`sites\`: ${JSON.stringify(origin)} of site ${site.id} is not an origin; write it as https://blog.example.org, without a path or a final slash`,
      )
    }
  }
  const settings: SiteSettings = {
    id: site.id,
    origins: site.origins,
    guests: site.guests ?? true,
    guestEmail: site.guestEmail ?? false,
    premoderate: site.premoderate ?? 'none',
    maxDepth: site.maxDepth ?? 8,
    sort: site.sort ?? 'newest',
    editWindowMs: site.editWindowMs ?? 30 * 60_000,
  }
  const { guests, guestEmail, premoderate, maxDepth, sort, editWindowMs } = settings
  check('guests', typeof guests === 'boolean', 'true or false')
  check('guestEmail', typeof guestEmail === 'boolean', 'true or false')
  check('premoderate', ['none', 'all'].includes(premoderate), "'none' or 'all'")
  check('maxDepth', Number.isInteger(maxDepth) && maxDepth >= 1 && maxDepth <= 32, 'a whole number from 1 to 32')
  check('sort', ['newest', 'oldest'].includes(sort), "'newest' or 'oldest'")
  check('editWindowMs', Number.isSafeInteger(editWindowMs) && editWindowMs >= 0, 'a whole number of milliseconds')
  return settings
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
    const settings = siteSettings(site)
    // Written by hand. What a function answers may be a row of a table, with more in it.
    const stray = Object.keys(site).find((name) => !Object.hasOwn(settings, name))
    if (stray !== undefined) {
      throw new TypeError(`\`sites\`: \`${stray}\` of site ${site.id} is not known; remove it or check its spelling`)
    }
    if (byId.has(site.id)) throw new TypeError(`\`sites\`: the id ${site.id} stands there twice`)
    byId.set(site.id, settings)
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
