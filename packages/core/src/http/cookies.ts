import type { Incoming } from './incoming.ts'

const yearSeconds = 365 * 24 * 60 * 60

/** The names a guest's cookie of a site may have: the first only over https. */
function guestCookieNames(site: string): readonly [string, string] {
  return [`__Host-confab-${site}`, `confab-${site}`]
}

/** The guest's token of this site; `null` when the request carries none. */
export function readGuestCookie(incoming: Incoming, site: string): string | null {
  const header = incoming.header('cookie')
  if (header === null) return null
  const [secure, plain] = guestCookieNames(site)
  let found: string | null = null
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at === -1) continue
    const name = part.slice(0, at).trim()
    if (name === secure) return part.slice(at + 1).trim()
    if (name === plain) found = part.slice(at + 1).trim()
  }
  return found
}

/**
 * Remembers a guest for a year. Over https the cookie belongs to this host alone; on a page of another site it is
 * partitioned, so that it tells nothing across sites. A page over https cannot call a server without it, so the page's
 * origin tells the scheme even behind a proxy.
 */
export function guestCookie(incoming: Incoming, site: string, token: string): string {
  const origin = incoming.header('origin') ?? ''
  const isSecure = URL.parse(incoming.url)?.protocol === 'https:' || origin.startsWith('https:')
  const [secure, plain] = guestCookieNames(site)
  const base = `Path=/; HttpOnly; Max-Age=${yearSeconds}`
  if (!isSecure) return `${plain}=${token}; ${base}; SameSite=Lax`
  return isCrossSite(incoming, origin)
    ? `${secure}=${token}; ${base}; Secure; SameSite=None; Partitioned`
    : `${secure}=${token}; ${base}; Secure; SameSite=Lax`
}

function isCrossSite(incoming: Incoming, origin: string): boolean {
  const said = incoming.header('sec-fetch-site')
  if (said !== null) return said === 'cross-site'
  return URL.parse(origin)?.host !== (incoming.header('host') ?? URL.parse(incoming.url)?.host)
}
