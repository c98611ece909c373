import MarkdownIt from 'markdown-it'

import { linkBareAddresses } from './bare-links.ts'
import { limitBlocks } from './block-limits.ts'
import { keepKaomoji } from './kaomoji.ts'
import { safeLink } from './link.ts'
import { renderTokens } from './render-tokens.ts'

/**
 * A function from Markdown to HTML that links only where `link` allows.
 *
 * @param link gives the address to write for the one that was typed, or `null` for none
 */
export function markdownRenderer(link: (address: string) => string | null): (source: string) => string {
  const parser = new MarkdownIt({ html: false, linkify: true, breaks: true, typographer: false, maxNesting: 20 })
  parser.normalizeLink = (address) => link(address) ?? ''
  parser.validateLink = (address) => address !== ''
  // The words of a link stay as they were typed: decoding them could make two different addresses look the same.
  parser.normalizeLinkText = (address) => address
  linkBareAddresses(parser.linkify)
  limitBlocks(parser)
  keepKaomoji(parser)
  return (source) => renderTokens(parser.parse(source.toWellFormed(), {}), parser.utils.unescapeAll)
}

/**
 * Safe HTML of a comment's Markdown. Only what {@link allowedTags} lists can come out, whatever goes in.
 *
 * @param source at most 10,000 characters are meant; longer text works and takes longer
 * @example
 * ```ts
 * renderMarkdown('**Hi** <b>') // '<p><strong>Hi</strong> &lt;b&gt;</p>\n'
 * ```
 */
export const renderMarkdown: (source: string) => string = markdownRenderer(safeLink)
