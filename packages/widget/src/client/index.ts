/**
 * The typed client of Confab, without DOM: {@link createClient} for single calls, {@link openThread} for a thread with
 * its state, {@link followLive} to keep it up to date, {@link openWriter} to write in it.
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
export { openWriter } from './open-writer.ts'
export type { Post, Writer, WriterOptions } from './open-writer.ts'
export type { OutboxItem, OutboxStorage } from './outbox.ts'
export { followLive } from './live.ts'
export type { Connection, Live, LiveOptions, LiveTarget } from './live.ts'
