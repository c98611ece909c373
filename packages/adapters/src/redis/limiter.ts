import type { Clock, Limiter, RateResult } from '@confab/core/ports'
import type { RedisSource } from './client.ts'
import type { LinkOptions } from './link.ts'
import { createLink } from './link.ts'
import { runScript, takeRate } from './scripts.ts'

export interface RedisLimiterOptions extends Omit<LinkOptions, 'settleMs'> {
  /** In front of every key. @default 'confab:' */
  readonly prefix?: string
  /**
   * Counts while Redis cannot be reached. With `memoryLimiter` of `@confab/core/memory` each process keeps the rule alone,
   * so whoever makes Redis fail gains little. There is no default, because letting everything pass should be a decision.
   */
  readonly fallback: Limiter
  /** For tests. @default the clock of Redis, one for all processes */
  readonly clock?: Clock
}

/** A {@link Limiter} that can be closed. */
export interface RedisLimiter extends Limiter {
  /** Ends the client if this limiter made it. */
  close(): void
}

/**
 * Rate limits shared by all processes (GCRA): one key of some 100 bytes for each subject, gone once its bucket is full
 * again. Exact however many processes ask at once. A Redis that does not answer within `timeoutMs` is left alone for 2 s.
 *
 * @param client an ioredis client of yours, which you close, or a function that makes one, which `close` ends
 *
 * @example
 * const limiter = redisLimiter(redis, { fallback: memoryLimiter({ clock: systemClock }) })
 * await limiter.take('203.0.113.7', { burst: 5, perMs: 60_000 }) // { ok: true }
 */
export function redisLimiter(client: RedisSource, options: RedisLimiterOptions): RedisLimiter {
  const { prefix = 'confab:', fallback, clock } = options
  const link = createLink(client, options)

  return {
    async take(key, rule, cost = 1): Promise<RateResult> {
      const args = [String(rule.perMs / rule.burst), String(cost), String(rule.perMs)]
      if (clock) args.push(String(clock.now()))
      const outcome = await link.ask((redis) => runScript(redis, takeRate, `${prefix}rl:${key}`, ...args))
      if (!outcome.ok) return fallback.take(key, rule, cost)
      const retryMs = Number(outcome.value)
      return retryMs === 0 ? { ok: true } : { ok: false, retryMs }
    },
    close: () => link.close(),
  }
}
