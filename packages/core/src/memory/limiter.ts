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
  /** Beyond so many keys the ones used longest ago are forgotten: their owners start with a full bucket. @default 100000 */
  readonly maxKeys?: number
}): Limiter {
  const limit = options.maxKeys ?? maxKeys
  const fullAt = new Map<string, Ms>()

  return {
    take(key: string, rule: RateRule, cost = 1) {
      const now = options.clock.now()
      const perUnit = rule.perMs / rule.burst
      const before = Math.max(fullAt.get(key) ?? now, now)
      const after = before + cost * perUnit
      const retryMs = after - now - rule.perMs
      const isAllowed = retryMs <= rounding
      // Deleted first, so that the map's own order is the order of use, of those who are refused as well.
      fullAt.delete(key)
      fullAt.set(key, isAllowed ? after : before)
      forgetOldest(now)
      return isAllowed ? { ok: true } : { ok: false, retryMs: Math.ceil(retryMs - rounding) }
    },
  }

  /** Looks at two per call, so the cost of a call does not depend on how many there are, and the map cannot grow. */
  function forgetOldest(now: Ms): void {
    let looks = 0
    for (const [key, at] of fullAt) {
      if (++looks > 2) return
      if (at <= now || fullAt.size > limit) fullAt.delete(key)
    }
  }
}
