import type { InlineNode } from './inline.ts'

/** What can be read in a line: its letters and signs, and for each one the marks it has, as a sum. */
interface Reading {
  readonly letters: string
  readonly marks: readonly number[]
}

// Links are not among them: a bare address in a text is a link without having been one.
const bits: ReadonlyMap<string, number> = new Map([
  ['em', 1],
  ['strong', 2],
  ['del', 4],
  ['code', 8],
])

const entities: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&amp;', '&'],
])
// Every tag with its name, every entity the renderer writes, and what is between them.
const piece = /<(\/?)([a-z0-9]+)[^>]*>|&(?:lt|gt|quot|amp);|[^<&]+/g

/** Whether a comment's HTML has the letters of some nodes, and on none of them a mark that was not there. */
export function saysTheSame(html: string, nodes: readonly InlineNode[]): boolean {
  const rendered = readHtml(html)
  const source = readNodes(nodes)
  return (
    rendered.letters === source.letters &&
    rendered.marks.every((marks, index) => (marks & ~(source.marks[index] ?? 0)) === 0)
  )
}

function createReader(): Reading & { add(text: string, marks: number): void } {
  const pieces: string[] = []
  const marks: number[] = []
  return {
    get letters() {
      return pieces.join('')
    },
    marks,
    add(text, sum) {
      // Blanks, combining marks and invisible characters are shown differently here and there.
      const letters = text.replace(/[\s\p{M}\p{C}]+/gu, '')
      pieces.push(letters)
      for (let index = 0; index < letters.length; index++) marks.push(sum)
    },
  }
}

function readHtml(html: string): Reading {
  const reader = createReader()
  let marks = 0
  for (const [text, slash, tag] of html.matchAll(piece)) {
    if (tag === undefined) reader.add(entities.get(text) ?? text, marks)
    else if (slash === '/') marks &= ~(bits.get(tag) ?? 0)
    else marks |= bits.get(tag) ?? 0
  }
  return reader
}

function readNodes(nodes: readonly InlineNode[]): Reading {
  const reader = createReader()
  function read(children: readonly InlineNode[], marks: number): void {
    for (const node of children) {
      if (typeof node === 'string') reader.add(node, marks)
      else if (node.kind === 'code') reader.add(node.text, marks | (bits.get('code') ?? 0))
      else if (node.kind !== 'break') read(node.children, marks | (bits.get(node.kind) ?? 0))
    }
  }
  read(nodes, 0)
  return reader
}
