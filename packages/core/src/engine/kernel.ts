import type { Clock, Identify, Ids, Limiter, Logger, RateRule, Store } from '../ports/index.ts'
import type { Combiner } from './combiner.ts'
import type { LiveHub } from './live.ts'
import type { PageReader } from './reader.ts'
import type { SiteSettings } from './site.ts'

/** How often one subject may do things; `false` is without limit. */
export interface Limits {
  /** Requests from one address, whatever they ask. */
  readonly read: RateRule | false
  /** Writes of one person. */
  readonly write: RateRule | false
  /** Writes from one address, whoever they are from. */
  readonly address: RateRule | false
}

/** What every feature stands on. Built once by `createConfab`; knows no feature. */
export interface Kernel {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly limiter: Limiter
  readonly limits: Limits
  readonly combiner: Combiner
  readonly reader: PageReader
  readonly live: LiveHub
  readonly identify: Identify | null
  /** Signs what only this installation may have made. */
  readonly signer: Signer
  findSite(id: string): Promise<SiteSettings | null>
}

/** HMAC-SHA-256 over texts, with one secret per installation. */
export interface Signer {
  /** The signature as base64url. */
  sign(text: string): Promise<string>
  /** In constant time. */
  verify(text: string, signature: string): Promise<boolean>
}
