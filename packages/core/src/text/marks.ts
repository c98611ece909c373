/** Most combining marks on one character. Tibetan stacks reach eight. */
const maxMarks = 10
/** Most of them from the general sets of accents, which every script borrows and which build the towers. */
const maxAccents = 4

const run = /\p{M}{3,}/gu
const accent = /\p{Script=Inherited}/u

/**
 * Text without towers of combining marks. Real writing keeps all of its marks: what goes are accents after the
 * fourth on one character, any marks after the tenth, and the third of the same mark in a row.
 */
export function limitMarks(text: string): string {
  return text.replace(run, (marks) => {
    const kept: string[] = []
    let accents = 0
    for (const mark of marks) {
      if (kept.length === maxMarks) break
      if (kept.at(-1) === mark && kept.at(-2) === mark) continue
      if (accent.test(mark) && ++accents > maxAccents) continue
      kept.push(mark)
    }
    return kept.join('')
  })
}
