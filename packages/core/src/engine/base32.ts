/** Digits then letters, so that text order is number order (RFC 4648 section 7, lower case, no padding). */
const alphabet = '0123456789abcdefghijklmnopqrstuv'

/** Bytes as base32hex, most significant bit first. The last character is filled with zero bits. */
export function base32(bytes: Uint8Array): string {
  let out = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet.charAt((buffer >> bits) & 31)
    }
  }
  return bits > 0 ? out + alphabet.charAt((buffer << (5 - bits)) & 31) : out
}

/** A whole number below 2^53 in exactly `length` characters. */
export function base32Number(value: number, length: number): string {
  let out = ''
  let rest = value
  for (let i = 0; i < length; i++) {
    out = alphabet.charAt(rest % 32) + out
    rest = Math.floor(rest / 32)
  }
  return out
}
