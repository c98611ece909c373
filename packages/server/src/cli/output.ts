import { oneLine } from '../text.ts'
import { terminalWidth } from './small-heap.ts'

/** One line on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** A line that is written over again and again. */
export interface Progress {
  show(text: string): void
  /** Takes the line away. */
  end(): void
}

/** Progress on stderr, for people only: a pipe or a file gets nothing. */
export function progressLine(): Progress {
  const width = terminalWidth()
  if (width === 0) return { show() {}, end() {} }
  let shownAt = 0
  return {
    show(text) {
      const now = performance.now()
      if (shownAt > 0 && now - shownAt < 100) return
      shownAt = now
      process.stderr.write(`\r\u001b[K${oneLine(text).slice(0, width - 1)}`)
    },
    end() {
      if (shownAt > 0) process.stderr.write('\r\u001b[K')
    },
  }
}
