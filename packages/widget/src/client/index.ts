/**
 * The typed client of Confab, without DOM: {@link createClient} for single calls, {@link openThread} for a thread with
 * its state and its outbox, {@link followLive} to keep it up to date.
 *
 * @module
 */
export { createClient, newKey } from './create-client.ts'
export type {
  Client,
  ClientOptions,
  GuestDetails,
  NewComment,
  PageRequest,
  ThreadSort,
  Written,
} from './create-client.ts'
export { ClientError } from './errors.ts'
export type { ClientErrorCode, ClientErrorInit } from './errors.ts'
export { openThread } from './open-thread.ts'
export type { Thread, ThreadOptions, ThreadState } from './open-thread.ts'
export type { CommentNode, ThreadData } from './thread-data.ts'
export type { OutboxItem, OutboxStorage } from './outbox.ts'
export { followLive } from './live.ts'
export type { Connection, Live, LiveOptions, LiveTarget } from './live.ts'
