import { clearTimeout, setTimeout } from 'node:timers'
import type { Ms } from '@confab/core/ports'
import type { RedisClient } from './client.ts'
import type { Link } from './link.ts'
import { isAboutKey } from './link.ts'
import { endWrite, runScript } from './scripts.ts'

/** Pages are not used for longer than 60 s, so an older write needs no word. Twice that, for clocks that differ. */
const rememberMs: Ms = 120_000
/** Threads remembered at once; some 200 bytes each. */
const maxRemembered = 50_000
/** Between two tries to reach a Redis that does not answer. */
const pauseMs: Ms = 250
/** Told at once, and the pause after it: a Redis that has just come back has others to serve. */
const batchSize = 100
const breathMs: Ms = 10

/** Tells Redis how far a thread is after each write, and tells it again whenever it may have forgotten. */
export interface Announcer {
  /** Resolves when Redis knows, or when it cannot be told now and will be told later. Never rejects. */
  announce(key: string, token: string, ver: number): Promise<void>
  /** Tries a last time to tell what is owed. */
  close(): Promise<void>
}

interface Written {
  readonly token: string
  readonly ver: number
  readonly at: Ms
}

/**
 * What is said while Redis is away is owed. So is what was said shortly before it failed: a failover to a replica loses
 * the last writes that the old master had acknowledged. Both are repeated until Redis has answered. Repeating is
 * harmless, because a version only ever rises.
 */
export function createAnnouncer(link: Link<RedisClient>, keyLifeMs: Ms): Announcer {
  /** The last write of each thread, the one longest ago first. */
  const written = new Map<string, Written>()
  const owed = new Set<string>()
  let running: Promise<void> | null = null
  let wake: (() => void) | null = null
  let closed = false

  link.onTrouble(() => {
    forgetOld()
    for (const key of written.keys()) owed.add(key)
    if (owed.size > 0) pay()
  })
  link.onAnswer(() => wake?.())

  async function tell(client: RedisClient, key: string, { token, ver }: Written): Promise<void> {
    try {
      await runScript(client, endWrite, key, token, String(ver), String(keyLifeMs))
    } catch (error) {
      // No room, or a value of somebody else under this key: without the hash there is no page to be out of date.
      if (!isAboutKey(error) && !isOutOfMemory(error)) throw error
      await client.del(key)
    }
  }

  function remember(key: string, token: string, ver: number): Written {
    const known = written.get(key)
    const entry = { token, ver: Math.max(ver, known?.ver ?? 0), at: performance.now() }
    written.delete(key)
    written.set(key, entry)
    forgetOld()
    return entry
  }

  function forgetOld(): void {
    const since = performance.now() - rememberMs
    for (const [key, entry] of written) {
      if (entry.at > since && written.size <= maxRemembered) return
      written.delete(key)
      owed.delete(key)
    }
  }

  function pay(): void {
    if (running || closed) return
    running = payAll().finally(() => {
      running = null
    })
  }

  async function payAll(): Promise<void> {
    let reached = false
    while (owed.size > 0 && !closed) {
      // One alone finds out whether anybody listens.
      reached = await payNext(reached ? batchSize : 1)
      if (owed.size > 0 && !closed) await pause(reached ? breathMs : pauseMs)
      forgetOld()
    }
  }

  async function payNext(count: number): Promise<boolean> {
    const paying: Promise<boolean>[] = []
    for (const key of owed) {
      if (paying.push(payOne(key)) === count) break
    }
    return (await Promise.all(paying)).every(Boolean)
  }

  async function payOne(key: string): Promise<boolean> {
    const entry = written.get(key)
    if (!entry) return owed.delete(key)
    const outcome = await link.insist((client) => tell(client, key, entry))
    // A newer write of the same thread may have become owed meanwhile.
    if (outcome.ok && written.get(key) === entry) owed.delete(key)
    else if (!outcome.ok && owed.delete(key)) owed.add(key)
    return outcome.ok
  }

  /** Until Redis shows a sign of life, or for a moment. */
  function pause(ms: Ms): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(() => wake?.(), ms)
      timer.unref()
      wake = () => {
        clearTimeout(timer)
        wake = null
        resolve()
      }
    })
  }

  return {
    async announce(key, token, ver) {
      const entry = remember(key, token, ver)
      const outcome = await link.ask((client) => tell(client, key, entry))
      if (outcome.ok || written.get(key) !== entry) return
      owed.add(key)
      pay()
    },
    async close() {
      closed = true
      wake?.()
      await running
      await payNext(owed.size)
    },
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('OOM ')
}
