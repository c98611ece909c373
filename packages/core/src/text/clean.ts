import { limitMarks } from './marks.ts'

const lineEnds = /\r\n?|[\v\f\u0085\u2028]/g
// Tabs and line ends are text. The other controls only forge logs and terminals, and XML cannot hold them.
const controls = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g

/**
 * A comment's text as it is stored: well-formed, composed (NFC), every line end a `\n`, no control characters and no
 * byte order mark. Everything else stays as it was typed. Cleaning twice changes nothing more.
 *
 * @example
 * ```ts
 * cleanText('a\r\nb\u0007') // 'a\nb'
 * ```
 */
export function cleanText(value: string): string {
  return value
    .toWellFormed()
    .replace(lineEnds, '\n')
    .replace(/\u2029/g, '\n\n')
    .replace(controls, '')
    .replace(/^\ufeff+/, '')
    .normalize('NFC')
}

// What shows nothing and turns or hides what stands beside it, in a line that appears next to other people's lines.
const unseen =
  /[\u034f\u17b4\u17b5\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e001f}]/gu
// Letters in disguise, except in the flags of England, Scotland and Wales.
const tags = /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f})|[\u{e0020}-\u{e007f}]+/gu
// Joiners shape letters and build emoji, and stay there. Behind letters that never join they only make two names look alike.
const joiners =
  /(?<=^|[\s\u2800\p{P}\p{N}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}])[\u200c\u200d]|\u200c(?=[\s\u2800]|$)/gu

/**
 * One line that stands beside the lines of others, such as a name or a title: cleaned like {@link cleanText}, blanks
 * folded to single spaces, and without characters that turn, hide or tower over other text.
 *
 * @example
 * ```ts
 * cleanLine('  Ann\u202e\n B. ') // 'Ann B.'
 * ```
 */
export function cleanLine(value: string): string {
  // Taken apart, so that the letter before a joiner is found whether it is composed or not.
  const shown = cleanText(value).replace(unseen, '').replace(tags, '$1').normalize('NFD')
  const joined = shown.replace(/([\u200c\u200d])[\u200c\u200d]+/g, '$1').replace(joiners, '')
  return limitMarks(joined.normalize('NFC'))
    .replace(/[\s\u2800]+/g, ' ')
    .trim()
    .normalize('NFC')
}

const seen = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}\u2800]/u

/**
 * Whether there is nothing to see: only blanks, invisible characters and marks with nothing to stand on.
 *
 * @example
 * ```ts
 * isBlank(' \u200b') // true
 * ```
 */
export function isBlank(text: string): boolean {
  return !seen.test(text)
}
