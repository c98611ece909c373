import { ConfabError } from '../engine/errors.ts'
import type { SiteSettings } from '../engine/site.ts'
import type { Incoming } from './incoming.ts'

/** Headers as a plain object, so that a response is made once with all of them. */
export type HeaderMap = { [name: string]: string }

/** Whether a page of this origin may talk to the site: one of the site's own, or the one this server answers on. */
function isAllowedOrigin(incoming: Incoming, site: Pick<SiteSettings, 'origins'>, origin: string): boolean {
  return site.origins.includes(origin) || isOwnOrigin(incoming, origin)
}

/** Behind a proxy the scheme may differ, so the host decides; a browser lets no page choose it. */
function isOwnOrigin(incoming: Incoming, origin: string): boolean {
  const page = URL.parse(origin)
  return page !== null && page.host !== '' && page.host === (incoming.header('host') ?? URL.parse(incoming.url)?.host)
}

/** What a page of a foreign origin may read. Exact origins only: an answer to anybody else carries nothing. */
export function corsHeaders(incoming: Incoming, site: Pick<SiteSettings, 'origins'> | null): HeaderMap {
  const origin = incoming.header('origin')
  if (origin === null || site === null || !isAllowedOrigin(incoming, site, origin)) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'confab-ver, retry-after, x-request-id',
  }
}

/** What a preflight adds. */
export const preflightHeaders: HeaderMap = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'content-type, idempotency-key',
  'access-control-max-age': '600',
}

/**
 * Refuses a write that a page of another origin could have made the browser send. Browsers name the origin with every
 * write; a request that names none comes from no page, and says so with `Sec-Fetch-Site` or an `Origin` of its own.
 *
 * @throws ConfabError `forbidden`
 */
export function checkWriteOrigin(incoming: Incoming, site: Pick<SiteSettings, 'origins'>): void {
  const origin = incoming.header('origin')
  // The browser's own word, which no page can write. It holds where a proxy has changed the host. For reading it does
  // not count: an answer that may be kept depends on nothing that is not in `Vary`.
  const isSameOrigin = incoming.header('sec-fetch-site') === 'same-origin'
  if (origin !== null) {
    if (origin !== 'null' && (isSameOrigin || isAllowedOrigin(incoming, site, origin))) return
    throw new ConfabError('forbidden', 'This origin is not one of the site; add it to the `origins` of the site')
  }
  if (isSameOrigin) return
  throw new ConfabError('forbidden', 'Send an `Origin` header with one of the origins of the site')
}
