import { createHash } from 'node:crypto'
import { ServerError } from '../errors.ts'
import { openInputFile } from '../import/input-file.ts'
import { oneLine } from '../text.ts'
import { formatVersion, lineSchema } from './lines.ts'
import type { Line } from './lines.ts'

/** Longest line, in bytes: a comment with all its revisions. */
const maxLine = 16 * 1024 * 1024

export interface ReadLine {
  readonly line: Line
  /** From 1. */
  readonly number: number
}

/** Something is wrong with this line of the file. */
export function badLine(number: number, reason: string): ServerError {
  return new ServerError('file_invalid', `Line ${number}: ${oneLine(reason)}. Nothing was written.`)
}

/**
 * The lines of an export file, also gzipped, each checked by itself. The first is a `header`; the `end` is the last,
 * and what it says of the file was compared with the file.
 *
 * @throws ServerError `file_invalid` that names the line, `file_unreadable`
 */
export async function* readLines(
  file: string,
  onProgress: (part: number) => void = () => {},
): AsyncGenerator<ReadLine> {
  const input = openInputFile(file)
  const hash = createHash('sha256')
  let number = 0
  let ended = false
  for await (const bytes of rawLines(input.bytes)) {
    number += 1
    if (ended) throw badLine(number, 'there is something behind the end of the export')
    const line = parseLine(bytes, number)
    if (number === 1) checkHeader(line)
    else if (line.type === 'header') throw badLine(number, 'a header stands in the middle')
    if (line.type === 'end') {
      if (line.sha256 !== hash.digest('hex')) {
        throw badLine(number, 'the checksum does not fit, so the file was changed or damaged')
      }
      ended = true
    } else {
      hash.update(bytes).update('\n')
    }
    if (number % 200 === 0) onProgress(input.progress())
    yield { line, number }
  }
  if (!ended) throw badLine(number + 1, 'the end is missing, so the file was cut short')
}

function checkHeader(line: Line): void {
  if (line.type !== 'header') throw badLine(1, 'this is not an export of Confab')
  if (line.version > formatVersion)
    throw badLine(1, 'the export was made by a newer version of Confab: update this one')
}

function parseLine(bytes: Uint8Array, number: number): Line {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw badLine(number, number === 1 ? 'this is not an export of Confab' : 'this is not JSON in UTF-8')
  }
  const parsed = lineSchema.safeParse(value)
  if (parsed.success) return parsed.data
  if (number === 1) throw badLine(1, 'this is not an export of Confab')
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.') ?? ''
  throw badLine(number, `${where === '' ? 'the line' : `"${where}"`} is wrong (${issue?.message ?? 'not known'})`)
}

async function* rawLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = []
  let length = 0
  let number = 1
  for await (const chunk of source) {
    let from = 0
    for (;;) {
      const at = chunk.indexOf(10, from)
      const piece = chunk.subarray(from, at < 0 ? undefined : at)
      length += piece.length
      if (length > maxLine) throw badLine(number, 'the line is longer than 16 MB')
      rest.push(piece)
      if (at < 0) break
      yield Buffer.concat(rest)
      rest = []
      length = 0
      number += 1
      from = at + 1
    }
  }
  if (length > 0) throw badLine(number, 'the line has no end, so the file was cut short')
}
