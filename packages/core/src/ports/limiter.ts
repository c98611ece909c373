import type { Ms } from './basics.ts'

/** So many at once, refilled evenly over `perMs`. */
export interface RateRule {
  readonly burst: number
  readonly perMs: Ms
}

export type RateResult = { readonly ok: true } | { readonly ok: false; readonly retryMs: Ms }

/** Counts how often a subject did something (GCRA). Several callers at once never pass more than the rule allows. */
export interface Limiter {
  take(key: string, rule: RateRule, cost?: number): Promise<RateResult> | RateResult
}
