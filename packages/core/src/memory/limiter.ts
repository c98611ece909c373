import type { Clock, Limiter, Ms, RateRule } from '../ports/index.ts'

/** Keys that are remembered at once; some 100 bytes each. */
const maxKeys = 100_000

/** A moment as a double is exact to 0.0002 ms only; this much is forgiven, so that exactly `burst` fit. */
const rounding: Ms = 0.01

/**
 * A limiter for one process. Per key it keeps one moment, the time at which the bucket is full again ("theoretical
 * arrival time" of GCRA: ITU-T I.371; https://brandur.org/rate-limiting). A key whose bucket is full again needs no memory.
 *
 * @example
 * const limiter = memoryLimiter({ clock: systemClock })
 * limiter.take('203.0.113.7', { burst: 5, perMs: 60_000 }) // { ok: true }
 */
export function memoryLimiter(options: {
  readonly clock: Clock
  /** At this many keys the ones used longest ago are forgotten, in favour of their owners. @default 100000 */
  readonly maxKeys?: number
}): Limiter {
  const limit = options.maxKeys ?? maxKeys
  const fullAt = new Map<string, Ms>()

  return {
    take(key: string, rule: RateRule, cost = 1) {
      const now = options.clock.now()
      const perUnit = rule.perMs / rule.burst
      const nextFullAt = Math.max(fullAt.get(key) ?? now, now) + cost * perUnit
      const retryMs = nextFullAt - now - rule.perMs
      if (retryMs > rounding) return { ok: false, retryMs: Math.ceil(retryMs - rounding) }
      // Deleted first, so that the map's own order is the order of use.
      fullAt.delete(key)
      fullAt.set(key, nextFullAt)
      forgetOldest(now)
      return { ok: true }
    },
  }

  /** Two of the oldest per call are looked at, so the cost of a call does not depend on how many there are. */
  function forgetOldest(now: Ms): void {
    let looks = 2
    for (const [key, at] of fullAt) {
      if (looks-- === 0 || (at > now && fullAt.size <= limit)) return
      fullAt.delete(key)
    }
  }
}
