import type { AuthorRow, Id, IdempotencyKey, Ms, Status } from '@confab/core/ports'

/** What a plan may ask about the thread as it is stored. */
export interface Lookups {
  node(id: Id): StoredNode | undefined
  /** Asked only for comments that `node` found. */
  body(id: Id): StoredBody
  /** Up to `limit` direct replies, whatever their status. */
  children(id: Id, limit: number): readonly Id[]
  hasRevisions(id: Id): boolean
  key(key: IdempotencyKey): { readonly hash: string; readonly comment: Id } | undefined
  /** `undefined` when no such user is stored. */
  author(id: string): AuthorRow | undefined
}

/** The place of a comment in its tree, and the sums that hang on it: all that is needed of an ancestor. */
export interface StoredNode {
  readonly id: Id
  readonly parent: Id | null
  readonly path: readonly Id[]
  readonly status: Status
  readonly visible: boolean
  readonly rev: number
  readonly replies: number
  readonly descendants: number
}

/** The rest of a comment: needed only where the comment itself changes or is answered. */
export interface StoredBody {
  readonly author: AuthorRow
  readonly replyTo: Id | null
  readonly source: string
  readonly html: string
  readonly up: number
  readonly down: number
  readonly at: Ms
  readonly editedAt: Ms | null
}
