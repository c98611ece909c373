import MarkdownIt from 'markdown-it'

import type { MarkdownIt as Parser, StateBlock } from 'markdown-it'

/** Deepest nesting of quotes and lists; a list and its item count as two. Deeper marks are shown as they were typed. */
const maxLevel = 16
/** Most columns of a table. */
const maxColumns = 32
/** Most cells of all tables of a comment. A short row is filled up to the width of its table, so cells cost no text. */
const maxCells = 1500

type BlockRule = (state: StateBlock, startLine: number, endLine: number, silent: boolean) => boolean

/** Keeps what a short source can grow into within bounds. The parser alone drops text that is nested too deep. */
export function limitBlocks(parser: Parser): void {
  const table = originalRule('table')
  parser.block.ruler.at('table', limitedTable(table), { alt: ['paragraph', 'reference'] })
  parser.block.ruler.before('table', 'deep_text', deepText)
}

/** A rule of the parser by its name, through the one way that gives functions. */
function originalRule(name: string): BlockRule {
  const { ruler } = new MarkdownIt().block
  ruler.enableOnly([name])
  const rule = ruler.getRules('')[0]
  if (rule === undefined) throw new Error(`The Markdown parser has no rule named ${name}`)
  return rule
}

function deepText(state: StateBlock, startLine: number, endLine: number): boolean {
  if (state.level < maxLevel) return false
  let next = startLine + 1
  while (next < endLine && !state.isEmpty(next)) {
    const indent = state.sCount[next] ?? 0
    // A negative indent marks a line that carries a quote's paragraph on without its mark.
    if (indent >= 0 && indent < state.blkIndent) break
    next++
  }
  state.line = next
  state.push('paragraph_open', 'p', 1)
  const inline = state.push('inline', '', 0)
  inline.content = state.getLines(startLine, next, state.blkIndent, false).trim()
  inline.children = []
  state.push('paragraph_close', 'p', -1)
  return true
}

function limitedTable(table: BlockRule): BlockRule {
  return (state, startLine, endLine, silent) => {
    const delimiters = startLine + 1
    if (delimiters >= endLine) return false
    const from = (state.bMarks[delimiters] ?? 0) + (state.tShift[delimiters] ?? 0)
    const line = state.src.slice(from, state.eMarks[delimiters])
    if (!/^[|:-]/.test(line)) return false
    // At least as many as the table really has, so the limit holds whatever the parser counts.
    const columns = line.split('|').length
    const used = typeof state.env['cells'] === 'number' ? state.env['cells'] : 0
    const rows = Math.floor((maxCells - used) / columns)
    if (columns - 2 > maxColumns || rows < 1) return false
    // The head takes a row, and the delimiters a line that makes no cells.
    if (!table(state, startLine, Math.min(endLine, startLine + rows + 1), silent)) return false
    if (!silent) state.env['cells'] = used + columns * (state.line - startLine - 1)
    return true
  }
}
