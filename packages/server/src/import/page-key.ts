import { cleanText } from '@confab/core'

/**
 * Parameters that say how a reader came, not what is read. The widget drops the same ones when it names a page: the two
 * lists must stay equal, or readers would not find what was imported. A test compares them.
 */
const tracking =
  /^(?:utm_.*|mtm_.*|pk_.*|[a-z]*clid|gclsrc|gad_source|[gw]braid|mc_[ce]id|igshid?|_gl|_ga|_hs.*|mkt_tok|vero_.*|oly_.*|srsltid)$/

/**
 * The page key under which the widget looks for the comments: path and query of the address, without the fragment and
 * without tracking parameters, so http and https, with and without `www.`, are one page. A page that has no address
 * keeps the name it gave itself.
 */
export function pageKeyOf(address: string | null, identifier: string | null): string | null {
  const url = URL.parse(address ?? '')
  if (url !== null) {
    const names = [...url.searchParams.keys()].filter((name) => tracking.test(name.toLowerCase()))
    // Untouched otherwise: writing the query anew would change how it is escaped.
    for (const name of names) url.searchParams.delete(name)
    return (url.pathname + url.search).normalize('NFC')
  }
  const key = cleanText(identifier ?? '')
    .replace(/[\t\n]/g, ' ')
    .trim()
  return key === '' ? null : key
}
