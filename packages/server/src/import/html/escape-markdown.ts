import { safeLink } from '@confab/core'

// What could be Markdown in the middle of a line. At the ends of the text it is escaped as well: what stands beside it
// is not known here. Underscores inside words mean nothing to Markdown, and neither do backslashes before letters.
const active =
  /[`*[\]]|\\(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?![\s\d=])|&(?=#?[a-z0-9]{0,31}(?:;|$))|~(?=~|$)|(?<=^|~)~|!$/giu

const address = /(?:https?:\/\/|www\.)\S+/gi

function escapeActive(text: string): string {
  // Behind this one character an escaped underscore and a bracket are a face, and the backslash is its arm.
  return text.replace(active, '\\$&').replaceAll('¯\\_(', '¯&#95;(')
}

/** Markdown that shows a text as it is. Line ends must have been dealt with. */
export function escapeMarkdown(text: string): string {
  if (!text.includes('://') && !/www\./i.test(text)) return escapeActive(text)
  let markdown = ''
  let position = 0
  for (const match of text.matchAll(address)) {
    markdown += escapeActive(text.slice(position, match.index)) + escapeAddress(match[0])
    position = match.index + match[0].length
  }
  return markdown + escapeActive(text.slice(position))
}

/** Markdown that shows a text as it is, inside a link: an address in it must not become a link of its own. */
export function escapeInLink(text: string): string {
  return escapeActive(text)
    .replaceAll('://', '\\://')
    .replace(/www\./gi, (start) => `${start.slice(0, -1)}\\.`)
}

/** An address becomes a link by itself, unless an escape would have to stand in the middle of it. */
function escapeAddress(run: string): string {
  if (escapeActive(run) === run) return run
  // The end of a sentence is not the end of an address.
  let end = run.length
  while (end > 0 && '.,;:!?\'"'.includes(run.charAt(end - 1))) end--
  const bare = run.slice(0, end)
  if (/^http/i.test(bare) && !/[<>]/.test(bare) && safeLink(bare) !== null) {
    return `<${bare}>${escapeActive(run.slice(end))}`
  }
  return escapeInLink(run)
}

/** Keeps every line of a paragraph from being the start of something else. */
export function escapeLineStarts(paragraph: string): string {
  return paragraph
    .replace(/^(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[-=|:][-=|: \t]*$)/gm, '\\$&')
    .replace(/^(\d{1,9})([.)])(?=\s|$)/gm, '$1\\$2')
}

/** Length of the longest row of backticks: code is set off by a longer one. */
export function longestBackticks(text: string): number {
  let longest = 0
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  return longest
}
