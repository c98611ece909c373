import { stripVTControlCharacters } from 'node:util'

/** Text from outside on one line, so that a name in a file cannot move the cursor or forge a line. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** A whole number for people: `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en')
}

/** `1 comment`, `2 comments`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`
}
