import { renderMarkdown, safeLink } from '@confab/core'
import { escapeInLink, escapeLineStarts, escapeMarkdown, longestBackticks } from './escape-markdown.ts'
import { saysTheSame } from './reading.ts'

/** What stands in a line: text, a line end, code, or a part with a meaning of its own. */
export type InlineNode = string | LineEnd | InlineCode | Span

export interface LineEnd {
  readonly kind: 'break'
}

export interface InlineCode {
  readonly kind: 'code'
  readonly text: string
}

export interface Span {
  readonly kind: 'em' | 'strong' | 'del' | 'link'
  /** Where a link leads, as {@link safeLink} gave it. */
  readonly href: string
  readonly children: InlineNode[]
}

const marks = { em: '*', strong: '**', del: '~~' } as const

/**
 * Markdown of the paragraphs in a run of inline nodes; two line ends in a row begin a new one.
 *
 * Whether a mark works depends on the letters at both of its sides, and nothing but the renderer knows all the rules.
 * So where there are marks, the renderer is asked: if other words come out, or words with marks they did not have, the
 * paragraph is written without any.
 */
export function paragraphsOf(nodes: readonly InlineNode[]): string[] {
  return splitParagraphs(nodes).flatMap((paragraph) => {
    const formatted = finish(markdownOf(paragraph, false, true))
    if (formatted === '') return []
    if (paragraph.every((node) => typeof node === 'string' || node.kind === 'break')) return [formatted]
    if (saysTheSame(renderMarkdown(formatted), paragraph)) return [formatted]
    return [finish(markdownOf(plainNodes(paragraph), false, true))]
  })
}

function finish(markdown: string): string {
  return escapeLineStarts(markdown.trim())
}

function splitParagraphs(nodes: readonly InlineNode[]): InlineNode[][] {
  const paragraphs: InlineNode[][] = [[]]
  let ended = false
  for (const node of nodes) {
    const last = paragraphs.at(-1) ?? []
    if (typeof node !== 'string' && node.kind === 'break') {
      if (ended) paragraphs.push([])
      else last.push(node)
      ended = !ended
      continue
    }
    // Blanks between two line ends do not keep them apart.
    if (typeof node === 'string' && node.trim() === '' && ended) continue
    ended = false
    last.push(node)
  }
  return paragraphs
}

function markdownOf(nodes: readonly InlineNode[], inLink: boolean, startsLine: boolean): string {
  const parts: string[] = []
  let lineStart = startsLine
  const merged = mergeText(nodes)
  for (const [index, node] of merged.entries()) {
    if (typeof node === 'string') {
      const text: string = lineStart ? node.trimStart() : node
      if (text === '') continue
      parts.push(inLink ? escapeInLink(text) : escapeMarkdown(text))
      lineStart = false
    } else if (node.kind === 'break') {
      // An empty line would end the paragraph, and with it every mark that is open.
      if (parts.at(-1) === '\n') continue
      // Blanks before a line end would be a mark of their own.
      const last = parts.pop()
      if (last !== undefined) parts.push(last.trimEnd())
      parts.push('\n')
      lineStart = true
    } else {
      parts.push(
        node.kind === 'code' ? codeSpan(node.text) : spanOf(node, inLink, parts.at(-1) ?? '', merged[index + 1]),
      )
      lineStart = false
    }
  }
  return parts.join('')
}

/** Text that stood in pieces, in one piece: what is escaped depends on what is next to it. */
function mergeText(nodes: readonly InlineNode[]): InlineNode[] {
  const merged: InlineNode[] = []
  for (const node of nodes) {
    const last = merged.at(-1)
    if (typeof node === 'string' && typeof last === 'string') merged[merged.length - 1] = last + node
    else if (typeof node === 'string' || node.kind === 'break' || textOf([node]) !== '') merged.push(node)
  }
  return merged
}

function spanOf(span: Span, inLink: boolean, previous: string, next: InlineNode | undefined): string {
  const inner = markdownOf(span.children, inLink || span.kind === 'link', false)
  const core = inner.trim()
  if (core === '') return inner
  const before = inner.slice(0, inner.length - inner.trimStart().length)
  const after = inner.slice(inner.trimEnd().length)
  if (span.kind === 'link') return `${before}${linkTo(span.href, core, textOf(span.children).trim())}${after}`
  const mark = marks[span.kind]
  const following = typeof next === 'string' ? after + next : next === undefined ? after : `${after}*`
  return marksWork(mark, previous + before, core, following) ? before + mark + core + mark + after : inner
}

/**
 * Whether marks around a text are read as marks: a mark between a letter and a sign belongs to the letter's side.
 * Good for nearly all cases; {@link paragraphsOf} looks after the others.
 */
function marksWork(mark: string, previous: string, core: string, following: string): boolean {
  // Two rows of the same sign, one behind the other, are one row.
  if (previous.endsWith(mark.charAt(0)) && !previous.endsWith(`\\${mark.charAt(0)}`)) return false
  const opens = !/^[\p{P}\p{S}]/u.test(core) || /(?:^|[\s\p{P}\p{S}])$/u.test(previous.slice(-2))
  const closes = !/[\p{P}\p{S}]$/u.test(core.slice(-2)) || /^(?:$|[\s\p{P}\p{S}])/u.test(following.slice(0, 2))
  return opens && closes
}

function linkTo(href: string, markdown: string, text: string): string {
  if (/^https?:[^<>\s]+$/i.test(text) && safeLink(text) === href) return `<${text}>`
  // Between pointed brackets, brackets and blanks in the address mean nothing; only entities do.
  const address = href.replaceAll('&', '\\&')
  return /[()]/.test(href) ? `[${markdown}](<${address}>)` : `[${markdown}](${address})`
}

function codeSpan(text: string): string {
  const line = text.replaceAll('\n', ' ')
  if (line.trim() === '') return line
  const fence = '`'.repeat(longestBackticks(line) + 1)
  const pad = /^`|`$|^ .* $/.test(line) ? ' ' : ''
  return fence + pad + line + pad + fence
}

function plainNodes(nodes: readonly InlineNode[]): InlineNode[] {
  return nodes.flatMap((node): InlineNode[] => {
    if (typeof node === 'string' || node.kind === 'break') return [node]
    return node.kind === 'code' ? [node.text.replaceAll('\n', ' ')] : plainNodes(node.children)
  })
}

/** The words of inline nodes. */
export function textOf(nodes: readonly InlineNode[]): string {
  let text = ''
  for (const node of nodes) {
    if (typeof node === 'string') text += node
    else if (node.kind === 'break') text += '\n'
    else text += node.kind === 'code' ? node.text : textOf(node.children)
  }
  return text
}
