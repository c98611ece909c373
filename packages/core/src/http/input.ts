import type { z } from 'zod'
import { ConfabError, invalid } from '../engine/errors.ts'
import { parseInput } from '../engine/parse.ts'

/** Largest body in bytes. The longest comment in the widest script fits three times. */
const maxBodyBytes = 64 * 1024
const maxDepth = 16

/**
 * Parses the parameters of an address.
 * @throws ConfabError `invalid` with every field that is wrong
 */
export function parseQuery<T>(schema: z.ZodType<T>, params: URLSearchParams, lists: readonly string[]): T {
  const values: { [name: string]: string | string[] } = Object.create(null) as { [name: string]: string | string[] }
  for (const [name, value] of params) {
    const present = values[name]
    if (lists.includes(name)) values[name] = Array.isArray(present) ? [...present, value] : [value]
    else if (present !== undefined) throw invalid(name, 'must stand only once')
    else values[name] = value
  }
  return parseInput(schema, values)
}

/**
 * Reads and parses a JSON body.
 * @param length bytes that are sure to come; without it they are counted as they arrive
 * @throws ConfabError `unsupported_media_type`, `too_large`, `invalid`
 */
export async function parseBody<T>(schema: z.ZodType<T>, request: Request, length: number | null = null): Promise<T> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  const encoding = request.headers.get('content-encoding')
  if (type !== 'application/json' || (encoding !== null && encoding !== 'identity')) {
    throw new ConfabError('unsupported_media_type', 'Send the body as `application/json`, not compressed')
  }
  const text = decode(await readBody(request, length))
  if (depthOf(text) > maxDepth) throw invalid('body', `must not be nested more than ${maxDepth} deep`)
  return parseInput(schema, parseJson(text))
}

/** Reading in one go costs a tenth of reading a stream, so the stream is only for bodies of unknown length. */
async function readBody(request: Request, length: number | null): Promise<Uint8Array> {
  if (length === null) return readLimited(request)
  if (length > maxBodyBytes) throw tooLarge()
  const bytes = await request.arrayBuffer().catch(() => {
    throw unreadable()
  })
  if (bytes.byteLength > maxBodyBytes) throw tooLarge()
  return new Uint8Array(bytes)
}

function tooLarge(): ConfabError {
  return new ConfabError('too_large', `The body must be at most ${maxBodyBytes} bytes`)
}

/** The client went away in the middle: no fault of the server, and nobody reads the answer. */
function unreadable(): ConfabError {
  return invalid('body', 'could not be read to its end')
}

async function readLimited(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body?.getReader()
  while (reader) {
    const { done, value } = await reader.read().catch(() => {
      throw unreadable()
    })
    if (done) break
    size += value.byteLength
    if (size > maxBodyBytes) {
      await reader.cancel()
      throw tooLarge()
    }
    chunks.push(value)
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw invalid('body', 'must be UTF-8')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('body', 'must be JSON')
  }
}

/** Nesting of brackets outside strings. Wrong JSON may give a wrong number; it is refused afterwards. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (inString) {
      if (char === '\\') i++
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth)
    else if (char === '}' || char === ']') depth--
  }
  return deepest
}
