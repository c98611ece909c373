import type { LogFields, Logger } from '@confab/core/ports'
import { oneLine } from '../text.ts'

/** Where lines go, such as `process.stderr`. */
interface LogStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** Lines for people on a terminal, lines of JSON anywhere else. Every event is one line, whatever is in its fields. */
export function streamLogger(stream: LogStream): Logger {
  const write = stream.isTTY === true ? prettyLine : jsonLine
  const log = (level: Level) => (message: string, fields?: LogFields) => {
    stream.write(`${write(level, message, fields ?? {})}\n`)
  }
  return { info: log('info'), warn: log('warn'), error: log('error') }
}

type Level = 'info' | 'warn' | 'error'

const colours: { readonly [level in Level]: string } = { info: '\u001b[2m', warn: '\u001b[33m', error: '\u001b[31m' }

function prettyLine(level: Level, message: string, fields: LogFields): string {
  const time = new Date().toTimeString().slice(0, 8)
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${colours[level]}${time} ${level.padEnd(5)}\u001b[0m ${oneLine(message + rest.join(''))}`
}

function jsonLine(level: Level, message: string, fields: LogFields): string {
  const values = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? plain(value) : value])
  return JSON.stringify({ at: new Date().toISOString(), level, message, ...Object.fromEntries(values) })
}

function plain(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
