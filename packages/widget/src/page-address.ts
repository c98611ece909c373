/** What a page is called: `key` within its site, `url` in full. */
export interface PageAddress {
  readonly key: string
  readonly url: string
}

/** Parameters that say how a reader came, not what is read. */
const tracking =
  /^(?:utm_.*|mtm_.*|pk_.*|[a-z]+clid|msclkid|gclsrc|gad_source|[gw]braid|mc_[ce]id|igshid?|_gl|_ga|_hs.*|mkt_tok|vero_.*|oly_.*|srsltid)$/

/**
 * The address of a link or page without its fragment and tracking parameters, so that every way to a page leads to one
 * thread. The key is path and query: the same page over http and https, with and without `www.`, has one thread.
 */
export function cleanAddress(address: string): PageAddress {
  const url = new URL(address)
  url.hash = ''
  const names = [...url.searchParams.keys()].filter((name) => tracking.test(name.toLowerCase()))
  // Untouched otherwise: writing the query anew would change how it is escaped.
  for (const name of names) url.searchParams.delete(name)
  return { key: url.pathname + url.search, url: url.href }
}

/** The address of a document: its canonical link, or where it was loaded from. */
export function pageAddress(page: Document): PageAddress {
  const canonical = page.querySelector<HTMLLinkElement>('link[rel~=canonical]')?.href
  try {
    return cleanAddress(canonical || page.location.href)
  } catch {
    return cleanAddress(page.location.href)
  }
}
