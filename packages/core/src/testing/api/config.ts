import type { ConfabConfig } from '../../config.ts'
import type { Identity, Limiter, Logger, Site, Store } from '../../ports/index.ts'
import { memoryLimiter } from '../../memory/index.ts'

/** The origin of every page of the suite's sites, but for {@link otherOrigin}. */
export const origin = 'https://pages.example'
/** The origin of the pages of the site `other`. */
export const otherOrigin = 'https://other.example'
/** Signs guests' cookies in the suite. Must never be in an answer. */
export const suiteSecret = 'suite-secret-suite-secret-suite-secret'
/** What a person of the host sends as their session. */
export const userHeader = 'x-suite-user'

/** The sites of the suite, each with one thing that is special. */
export const suiteSites: readonly Site[] = [
  { id: 'open', origins: [origin] },
  { id: 'other', origins: [otherOrigin] },
  { id: 'members', origins: [origin], guests: false },
  { id: 'queue', origins: [origin], premoderate: 'all' },
  { id: 'mail', origins: [origin], guestEmail: true },
  { id: 'noedit', origins: [origin], editWindowMs: 0 },
  { id: 'shallow', origins: [origin], maxDepth: 2 },
  { id: 'oldest', origins: [origin], sort: 'oldest' },
  { id: 'limited', origins: [origin] },
]

/** How much one may write on the site `limited`. On all others nothing is limited. */
export const limitedRule = { burst: 3, perMs: 60_000 }

/** Keeps nothing: what a suite provokes is no news to anybody. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} }

/**
 * The configuration that `apiSuite` expects: its sites, its users, its limits.
 *
 * @example
 * const confab = createConfab(apiSuiteConfig(memoryStore()))
 */
export function apiSuiteConfig(store: Store): ConfabConfig {
  return {
    store,
    sites: suiteSites,
    secret: suiteSecret,
    logger: silentLogger,
    identify: identifyBySuiteHeader,
    limiter: limitOneSite({ now: () => Date.now() }),
    limits: { read: false, write: limitedRule, address: false },
  }
}

/** The host's session of the suite: an {@link Identity} as JSON, percent-encoded. */
export function identifyBySuiteHeader(request: Request): Identity | null {
  const text = request.headers.get(userHeader)
  return text === null ? null : (JSON.parse(decodeURIComponent(text)) as Identity)
}

/** Limits writes to the site `limited`, by the clock given. */
export function limitOneSite(clock: ConfabConfig['clock'] & object): Limiter {
  const limiter = memoryLimiter({ clock })
  return {
    take: (key, rule, cost) => (key.startsWith('write:limited/') ? limiter.take(key, rule, cost) : { ok: true }),
  }
}
