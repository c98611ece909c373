export type { Bytes, Clock, Id, Ids, Json, Ms, ThreadId, ThreadRef } from './basics.ts'
export type { EventLog, EventRow, EventType } from './events.ts'
export type {
  AuthorRow,
  CommentRow,
  Commit,
  CommitOptions,
  Cursor,
  IdempotencyKey,
  ListQuery,
  Op,
  OpError,
  OpResult,
  Page,
  PageQuery,
  RecordOp,
  RecordResult,
  Records,
  RecordSpec,
  RestoreRow,
  RevisionRow,
  Role,
  Sort,
  Status,
  Store,
  StoreCapabilities,
  StoreErrorCode,
  StoredRecord,
  ThreadRow,
  ThreadState,
  ThreadTarget,
  UserRow,
  UserStore,
} from './store.ts'
export type { FillLease, PageBody, PageCache, WriteGuard } from './cache.ts'
export type { PubSub } from './pubsub.ts'
export type { Limiter, RateResult, RateRule } from './limiter.ts'
export type { Identify, Identity, Viewer } from './identity.ts'
export type { LogFields, Logger } from './logger.ts'
export type { FindSite, Site } from './site.ts'
export type { Asset, Assets } from './assets.ts'
