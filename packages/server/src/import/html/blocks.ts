import { longestBackticks } from './escape-markdown.ts'
import { paragraphsOf } from './inline.ts'
import type { InlineNode } from './inline.ts'

/** What stands on lines of its own. */
export type Block = Paragraph | CodeBlock | Quote | List

export interface Paragraph {
  readonly kind: 'paragraph'
  readonly nodes: InlineNode[]
}

export interface CodeBlock {
  readonly kind: 'code'
  readonly language: string
  text: string
}

export interface Quote {
  readonly kind: 'quote'
  readonly blocks: Block[]
}

export interface List {
  readonly kind: 'list'
  readonly ordered: boolean
  readonly start: number
  readonly items: Block[][]
}

/**
 * Markdown of blocks, one below the other.
 *
 * @param compact a list may follow its paragraph without an empty line, as inside the items of a list
 */
export function blocksOf(blocks: readonly Block[], compact = false): string {
  let markdown = ''
  let previous: 'paragraph' | 'list' | 'other' = 'other'
  let marker = ''
  for (const block of blocks) {
    if (block.kind === 'paragraph') {
      for (const paragraph of paragraphsOf(block.nodes)) {
        markdown += (markdown === '' ? '' : '\n\n') + paragraph
        previous = 'paragraph'
      }
      continue
    }
    // Two lists in a row are one, unless their marks differ.
    const [first, second] = block.kind === 'list' && block.ordered ? ['.', ')'] : ['-', '+']
    marker = previous === 'list' && marker === first ? second : first
    const inner =
      block.kind === 'list' ? listOf(block, marker) : block.kind === 'quote' ? quoteOf(block) : fenceOf(block)
    if (inner === '') continue
    const tight = compact && previous === 'paragraph' && block.kind === 'list' && (!block.ordered || block.start === 1)
    markdown += (markdown === '' ? '' : tight ? '\n' : '\n\n') + inner
    previous = block.kind === 'list' ? 'list' : 'other'
  }
  return markdown
}

function listOf(list: List, marker: string): string {
  const items = list.items.map((blocks) => blocksOf(blocks, true)).filter((item) => item !== '')
  const loose = items.some((item) => item.includes('\n\n'))
  return items
    .map((item, index) => {
      const mark = list.ordered ? `${list.start + index}${marker} ` : `${marker} `
      return mark + item.replace(/\n(?!\n|$)/g, `\n${' '.repeat(mark.length)}`)
    })
    .join(loose ? '\n\n' : '\n')
}

function quoteOf(quote: Quote): string {
  const inner = blocksOf(quote.blocks)
  return inner === '' ? '' : `> ${inner.replaceAll('\n', '\n> ').replace(/^> $/gm, '>')}`
}

function fenceOf(block: CodeBlock): string {
  const text = block.text.replace(/^\n/, '').trimEnd()
  if (text.trim() === '') return ''
  const fence = '`'.repeat(Math.max(3, longestBackticks(text) + 1))
  return `${fence}${block.language}\n${text}\n${fence}`
}
