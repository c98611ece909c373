import { Buffer } from 'node:buffer'
import { deserialize, serialize } from 'bson'

/** A document as it comes off the wire. */
export type Doc = Record<string, unknown>

export interface WireRequest {
  readonly requestId: number
  /** The driver's first hello comes as the old OP_QUERY, everything else as OP_MSG. */
  readonly legacy: boolean
  /** The client wants no answer (`w: 0`). */
  readonly silent: boolean
  /** One question, many answers: how the driver's monitor watches a server. */
  readonly exhaust: boolean
  readonly body: Doc
}

export const MAX_MESSAGE_BYTES = 48_000_000
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const CHECKSUM_PRESENT = 1
const MORE_TO_COME = 2
const EXHAUST_ALLOWED = 1 << 16

/** Cuts a byte stream into whole messages. Throws on a length that no client may send. */
export function splitMessages(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0)
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk])
    while (waiting.length >= 4) {
      const length = waiting.readInt32LE(0)
      if (length < 16 || length > MAX_MESSAGE_BYTES) throw new Error(`message of ${length} bytes`)
      if (waiting.length < length) return
      const message = waiting.subarray(0, length)
      waiting = waiting.subarray(length)
      onMessage(message)
    }
  }
}

function documentAt(message: Buffer, offset: number): { doc: Doc; end: number } {
  const end = offset + message.readInt32LE(offset)
  return { doc: deserialize(message.subarray(offset, end)), end }
}

function decodeMsg(message: Buffer, requestId: number): WireRequest {
  const flags = message.readUInt32LE(16)
  const end = message.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4)
  const sequences: [name: string, docs: Doc[]][] = []
  let body: Doc | undefined
  let at = 20
  while (at < end) {
    const kind = message.readUInt8(at)
    at += 1
    if (kind === 0) {
      const section = documentAt(message, at)
      body = section.doc
      at = section.end
    } else if (kind === 1) {
      const sectionEnd = at + message.readInt32LE(at)
      const nameEnd = message.indexOf(0, at + 4)
      const docs: Doc[] = []
      const name = message.toString('utf8', at + 4, nameEnd)
      at = nameEnd + 1
      while (at < sectionEnd) {
        const section = documentAt(message, at)
        docs.push(section.doc)
        at = section.end
      }
      sequences.push([name, docs])
    } else {
      throw new Error(`section of kind ${kind}`)
    }
  }
  if (body === undefined) throw new Error('message without a body')
  for (const [name, docs] of sequences) body[name] = docs
  return {
    requestId,
    legacy: false,
    silent: (flags & MORE_TO_COME) !== 0,
    exhaust: (flags & EXHAUST_ALLOWED) !== 0,
    body,
  }
}

function decodeQuery(message: Buffer, requestId: number): WireRequest {
  const nameEnd = message.indexOf(0, 20)
  const namespace = message.toString('utf8', 20, nameEnd)
  const { doc } = documentAt(message, nameEnd + 1 + 8)
  return { requestId, legacy: true, silent: false, exhaust: false, body: { ...doc, $db: namespace.split('.')[0] } }
}

export function decode(message: Buffer): WireRequest {
  const requestId = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  if (opCode === OP_MSG) return decodeMsg(message, requestId)
  if (opCode === OP_QUERY) return decodeQuery(message, requestId)
  throw new Error(`opCode ${opCode}`)
}

export function encodeReply(request: WireRequest, reply: Doc, moreToCome = false): Buffer {
  const body = serialize(reply, { ignoreUndefined: true })
  const head = Buffer.alloc(request.legacy ? 36 : 21)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(request.requestId, 8)
  head.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12)
  if (request.legacy) head.writeInt32LE(1, 32)
  else head.writeUInt32LE(moreToCome ? MORE_TO_COME : 0, 16)
  return Buffer.concat([head, body])
}
