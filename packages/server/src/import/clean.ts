import { cleanLine } from '@confab/core'

/** One line of at most `max` UTF-16 code units, never cut inside a character. */
export function shortLine(text: string, max: number): string {
  // Cut before cleaning, so that a line of a megabyte costs no more than a long one.
  const line = cleanLine(text.slice(0, max * 4))
  if (line.length <= max) return line
  return line
    .slice(0, max)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()
}

/** One plain e-mail address; `null` for anything else. */
export function cleanEmail(text: string | null): string | null {
  const email = text?.trim().normalize('NFC') ?? ''
  return email.length <= 254 && /^[^\s@,;:<>()[\]"\\]{1,64}@[^\s@,;:<>()[\]"\\]+\.[^\s@,;:<>()[\]"\\]+$/.test(email)
    ? email
    : null
}

/** A web address in its normal form, without user, password and fragment; `null` for anything else. */
export function cleanAddress(text: string | null): string | null {
  const url = URL.parse(text?.trim() ?? '')
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  url.username = ''
  url.password = ''
  url.hash = ''
  return url.href.length <= 2000 ? url.href : null
}
