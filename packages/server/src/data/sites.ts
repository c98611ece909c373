import type { Clock, FindSite, Site, Store, StoredRecord } from '@confab/core/ports'

/** The sites of a data folder. */
export interface SiteDirectory {
  /** For `createConfab`. A change by another process is seen within a second. */
  readonly find: FindSite
  get(id: string): Promise<Site | null>
  list(): Promise<Site[]>
  /** Inserts or replaces. */
  put(site: Site): Promise<void>
  /** `false`: there was none. What people wrote stays in the database. */
  remove(id: string): Promise<boolean>
}

const part = 'all'
const cacheMs = 1000

/**
 * @example
 * const sites = siteDirectory(store, { now: () => Date.now() })
 * await sites.put({ id: 'blog', origins: ['https://blog.example.org'] })
 */
export function siteDirectory(store: Store, clock: Clock): SiteDirectory {
  const records = store.records({ name: 'sites', indexes: {} })
  let cached: { readonly until: number; readonly sites: Promise<ReadonlyMap<string, Site>> } | null = null

  async function list(): Promise<Site[]> {
    const sites: Site[] = []
    let after: string | undefined
    do {
      const page = await records.list(part, null, { limit: 500, ...(after === undefined ? {} : { after }) })
      for (const row of page.rows) sites.push(fromRecord(row))
      after = page.next ?? undefined
    } while (after !== undefined)
    return sites
  }

  return {
    // The whole list is kept, not single answers: a stranger asking for made-up ids cannot fill the memory.
    async find(id) {
      if (cached === null || clock.now() >= cached.until) {
        const sites = list().then((rows) => new Map(rows.map((site) => [site.id, site])))
        cached = { until: clock.now() + cacheMs, sites }
        sites.catch(() => {
          if (cached?.sites === sites) cached = null
        })
      }
      return (await cached.sites).get(id) ?? null
    },
    async get(id) {
      const row = await records.get(part, id)
      return row === null ? null : fromRecord(row)
    },
    list,
    async put(site) {
      await records.write(part, [{ put: { id: site.id, origins: [...site.origins] } }])
      cached = null
    },
    async remove(id) {
      const [result] = await records.write(part, [{ del: id }])
      cached = null
      return result === 'ok'
    },
  }
}

function fromRecord(row: StoredRecord): Site {
  const origins = Array.isArray(row['origins']) ? row['origins'].filter((origin) => typeof origin === 'string') : []
  return { id: row.id, origins }
}

/** The origin that somebody typed, as a browser sends it; `null` when it is none. A trailing slash is forgiven. */
export function parseOrigin(text: string): string | null {
  const url = URL.parse(text.trim())
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  return url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : null
}
