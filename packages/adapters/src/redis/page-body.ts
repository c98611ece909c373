import { crc32 } from 'node:zlib'
import type { Bytes, PageBody } from '@confab/core/ports'

/** First byte of a stored page. Another form gets another number, and pages of the old one are then misses. */
const form = 1
const headerBytes = 21

/** Form, checksum of all that follows, version, time of building, then the gzipped page. */
export function encodeBody({ ver, builtAt, gzip }: PageBody): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + gzip.length)
  bytes[0] = form
  bytes.writeDoubleBE(ver, 5)
  bytes.writeDoubleBE(builtAt, 13)
  bytes.set(gzip, headerBytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(5)), 1)
  return bytes
}

/** `null` for anything that is not exactly what was stored. */
export function decodeBody(bytes: Buffer): PageBody | null {
  if (bytes.length < headerBytes || bytes[0] !== form) return null
  if (bytes.readUInt32BE(1) !== crc32(bytes.subarray(5))) return null
  return { ver: bytes.readDoubleBE(5), builtAt: bytes.readDoubleBE(13), gzip: copy(bytes.subarray(headerBytes)) }
}

/** Into memory of its own: a slice would keep the whole network buffer alive as long as the page. */
function copy(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}
