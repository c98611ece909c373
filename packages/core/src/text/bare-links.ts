import { maxLinkLength } from './link.ts'

import type { MarkdownIt } from 'markdown-it'

type Linkifier = MarkdownIt['linkify']

/**
 * Makes addresses in plain text into links: those that begin with `http://`, `https://` or `www.`, and no others.
 * Names of files (`readme.md`) and mail addresses in a text are not meant as links often enough.
 */
export function linkBareAddresses(linkifier: Linkifier): void {
  linkifier.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false, maxLength: maxLinkLength })
  for (const schema of ['ftp:', '//', 'mailto:']) linkifier.add(schema, null)
  const { source: host } = linkifier.re.get_url_host_port()
  const { source: path } = linkifier.re.get_path()
  // At least one more dot, or `www.` at the end of a sentence's word would be enough.
  const tail = new RegExp(`(?=[^\\s./?#]{1,63}\\.)${host}${path}`, 'iy')
  linkifier.add('www.', {
    validate: (text, position) => {
      tail.lastIndex = position
      return tail.exec(text)?.[0].length ?? 0
    },
    normalize: (match) => {
      match.url = `http://${match.text}`
    },
  })
}
