import { limitMarks } from './marks.ts'

const plain = /^[\n\u0020-\u007e]*$/
// Embeddings and overrides (U+202A to U+202E) re-order text that stands beside them, U+206A to U+206F are deprecated,
// and controls are not text. All of them can be written as entities, so cleaned input is no protection here.
const never = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u206a-\u206f\ufffe\uffff]/g
const isolates = /[\u2066-\u2069]/g
const popIsolate = '\u2069'

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
  if (plain.test(text)) return text
  const calm = text.replace(never, '')
  return limitMarks(prose && isolatesBalance(calm) ? calm : calm.replace(isolates, ''))
}

function isolatesBalance(text: string): boolean {
  let open = 0
  for (const [control] of text.matchAll(isolates)) {
    open += control === popIsolate ? -1 : 1
    if (open < 0) return false
  }
  return open === 0
}
