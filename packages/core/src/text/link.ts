/** Longest address of a link, in UTF-16 code units, before and after it is written in full. */
export const maxLinkLength = 2000

// Exactly two slashes and then a host. `https:x`, `https:///x` and `https:\\x` reach a host too, but read as if they did not.
const web = /^https?:\/\/[^/\\]/i
const mail =
  /^mailto:[a-z0-9.!$&'*+/=^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){1,8}$/i
// A name the network knows, or a number. The standard would let quotes, brackets and commas stand in a host.
const host = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/
// Controls, and what turns the direction of text: nothing in an address needs them, they only hide where it leads.
const hidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/

/**
 * The address a link may lead to, as a browser reads it, or `null` when a comment must not link there.
 *
 * Allowed are absolute `http:` and `https:` addresses without a user name, and `mailto:` with one plain address.
 * Relative addresses are refused: a comment is read in the page, in feeds, in mails and by moderators, and would
 * lead somewhere else in each. What is checked and what is returned are the same string, the URL standard's own
 * writing of the address, so no second parser can read it another way.
 *
 * @example
 * ```ts
 * safeLink('HTTPS://Example.com/a b') // 'https://example.com/a%20b'
 * safeLink('javascript:alert(1)') // null
 * ```
 */
export function safeLink(address: string): string | null {
  if (address.length > maxLinkLength || hidden.test(address)) return null
  if (mail.test(address)) return `mailto:${address.slice('mailto:'.length)}`
  if (!web.test(address)) return null
  const url = URL.parse(address)
  // `https://bank.example@evil.example/` shows one name and leads to another.
  if (url === null || url.username !== '' || url.password !== '' || !host.test(url.hostname)) return null
  // The one character of a query that the standard leaves as it is and that other readers take for a slash.
  const href = url.href.replaceAll('\\', '%5C')
  return href.length <= maxLinkLength ? href : null
}
