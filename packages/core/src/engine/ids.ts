import type { Clock, Id, Ids, Ms } from '../ports/index.ts'
import { base32Number } from './base32.ts'

const timeLength = 9 // 45 bits of milliseconds: enough until the year 3084
const counterLimit = 32 ** 3

/**
 * The system's clock.
 *
 * @example
 * systemClock.now() // epoch ms
 */
export const systemClock: Clock = { now: () => Date.now() }

/**
 * Ids of 16 characters: 9 for the millisecond, 3 for a counter that starts at random and 4 random ones. Two processes
 * collide in the same millisecond with a chance of about 1 in 3 * 10^10, and stores refuse a taken id.
 *
 * @example
 * const ids = createIds()
 * ids.next(Date.now()) < ids.next(Date.now()) // true
 */
export function createIds(): Ids {
  const random = randomPool()
  let lastAt = -1
  let counter = 0
  return {
    next(at: Ms): Id {
      const time = Math.max(at, lastAt)
      if (time > lastAt) {
        lastAt = time
        // The upper half is left free, so that a burst within one millisecond has room to count.
        counter = random(counterLimit / 2)
      } else if (++counter === counterLimit) {
        lastAt += 1
        counter = 0
      }
      return base32Number(lastAt, timeLength) + base32Number(counter, 3) + base32Number(random(2 ** 20), 4)
    },
    derived(at: Ms, name: string): Id {
      return base32Number(Math.max(0, at), timeLength) + hash35(name)
    },
    secret(bytes: number): string {
      return toBase64Url(randomBytes(bytes))
    },
  }
}

/** The moment an id was made for, epoch ms. */
export function timeOfId(id: Id): Ms {
  return Number.parseInt(id.slice(0, 5), 32) * 2 ** 20 + Number.parseInt(id.slice(5, timeLength), 32)
}

export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** `null` when the text is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

/** Random numbers below a power of two, fetched from the system many at a time: asking for each costs more than an id. */
function randomPool(): (limit: number) => number {
  const pool = new Uint32Array(256)
  let next = pool.length
  return (limit) => {
    if (next === pool.length) {
      crypto.getRandomValues(pool)
      next = 0
    }
    return (pool[next++] ?? 0) % limit
  }
}

/** 35 bits from two FNV-1a hashes with different starts: a name, not a secret. */
function hash35(name: string): string {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193) >>> 0
    b = Math.imul(b ^ code, 0x85ebca6b) >>> 0
    b = (b ^ (b >>> 13)) >>> 0
  }
  return base32Number((b % 8) * 2 ** 32 + a, 7)
}
