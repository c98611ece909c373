import { createReadStream, statSync } from 'node:fs'
import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ServerError, errorCode } from '../errors.ts'

/** A file to import, read once from start to end. */
export interface InputFile {
  /** The content, unpacked when it is gzipped, in pieces of at most 64 KB or so. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** How much of the file has been read, 0 to 1. */
  progress(): number
}

const pieceSize = 64 * 1024
/** Most bytes that a gzipped file may unpack to: more than any real export, less than a bomb. */
const maxUnpacked = 8 * 1024 ** 3

/** @throws ServerError `file_unreadable`, also while it is being read */
export function openInputFile(path: string): InputFile {
  let size = 0
  let read = 0
  try {
    const stats = statSync(path)
    if (stats.isDirectory())
      throw new ServerError('file_unreadable', `${path} is a folder: name the export file in it.`)
    size = stats.size
  } catch (error) {
    throw explain(path, error)
  }

  async function* raw(): AsyncGenerator<Uint8Array> {
    const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: pieceSize })
    for await (const chunk of stream) {
      read += chunk.length
      yield chunk
    }
  }

  async function* unpacked(): AsyncGenerator<Uint8Array> {
    const source = raw()
    const first = await source.next()
    if (first.done === true) return
    const whole = chain(first.value, source)
    if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
      yield* whole
      return
    }
    const gunzip = createGunzip({ chunkSize: pieceSize })
    pipeline(Readable.from(whole, { highWaterMark: 1 }), gunzip, () => {})
    let total = 0
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > maxUnpacked) {
        throw new ServerError(
          'file_invalid',
          `${path} unpacks to more than 8 GB, which no export does. Nothing was written.`,
        )
      }
      yield chunk
    }
  }

  async function* explained(): AsyncGenerator<Uint8Array> {
    try {
      yield* unpacked()
    } catch (error) {
      throw explain(path, error)
    }
  }

  return {
    bytes: explained(),
    progress: () => (size === 0 ? 1 : Math.min(1, read / size)),
  }
}

async function* chain(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

function explain(path: string, error: unknown): ServerError {
  if (error instanceof ServerError) return error
  const code = errorCode(error)
  const options = { cause: error }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ServerError('file_unreadable', `There is no file ${path}.`, options)
  }
  if (code.startsWith('Z_')) {
    return new ServerError(
      'file_invalid',
      `${path} is a damaged or incomplete gzip file: download it again. Nothing was written.`,
      options,
    )
  }
  return new ServerError('file_unreadable', `${path} cannot be read (${code || 'unknown reason'}).`, options)
}
