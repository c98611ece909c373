// Embeddings and overrides (U+202A to U+202E) re-order text that stands beside them, U+206A to U+206F are deprecated,
// and controls are not text.
const never = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u206a-\u206f\ufffe\uffff]/g
const isolates = /[\u2066-\u2069]/g
const popIsolate = '\u2069'

/** Most combining marks on one character. */
export const maxMarks = 10
// The same mark again and again is never a language, so two are enough. Tibetan stacks reach eight different marks.
const manyMarks = /\p{M}{3,}/gu

/**
 * Text as it may be shown: what cannot be seen but moves or hides other text is gone, and so are towers of marks.
 *
 * Joiners (ZWJ, ZWNJ) and marks of direction (LRM, RLM, ALM) stay, they carry meaning. Isolates (U+2066 to U+2069)
 * stay in prose when every one that opens is closed, because then nothing leaks out of them. In code, in links and
 * in attributes all of them go: there they could only disguise.
 *
 * @param text any text, not HTML
 * @param prose whether balanced isolates stay
 */
export function displayText(text: string, prose: boolean): string {
  if (!/[^\n\u0020-\u007e]/.test(text)) return text
  const calm = text.replace(never, '')
  return limitMarks(prose ? balanceIsolates(calm) : calm.replace(isolates, ''))
}

function balanceIsolates(text: string): string {
  let open = 0
  for (const [control] of text.matchAll(isolates)) {
    open += control === popIsolate ? -1 : 1
    if (open < 0) break
  }
  return open === 0 ? text : text.replace(isolates, '')
}

function limitMarks(text: string): string {
  return text.replace(manyMarks, (run) => {
    const kept: string[] = []
    for (const mark of run) {
      if (kept.length === maxMarks) break
      if (kept.at(-1) !== mark || kept.at(-2) !== mark) kept.push(mark)
    }
    return kept.join('')
  })
}
