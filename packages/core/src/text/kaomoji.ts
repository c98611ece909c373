import type { MarkdownIt } from 'markdown-it'

/**
 * Keeps both arms of `¯\_(ツ)_/¯`. To Markdown the backslash only says that the underscore is one, and is gone; but
 * nobody who types this face means that.
 */
export function keepKaomoji(parser: MarkdownIt): void {
  parser.inline.ruler.before('escape', 'kaomoji', (state, silent) => {
    if (!state.src.startsWith('\\_(', state.pos) || state.src[state.pos - 1] !== '¯') return false
    if (!silent) state.pending += '\\_'
    state.pos += 2
    return true
  })
}
