export type { Confab } from './create.ts'
export { createConfab } from './create.ts'
export type { ConfabConfig, ProcessRole } from './config.ts'
export type { Actor, CommentsApi, PageRef } from './api.ts'
export type { ErrorCode, ErrorDetails } from './engine/errors.ts'
export { ConfabError, isConfabError } from './engine/errors.ts'
export { createIds, systemClock } from './engine/ids.ts'
export { consoleLogger } from './engine/logger.ts'
export { threadId } from './engine/thread-id.ts'
export type {
  AuthorView,
  CommentsPageView,
  CommentView,
  CountsView,
  EventsView,
  EventView,
  LatestView,
  MeView,
  OwnCommentView,
  RepliesView,
  RevisionView,
  ThreadView,
} from './features/comments/schema.ts'
export { cleanLine, cleanText, isBlank } from './text/clean.ts'
export type { AllowedAttribute, AllowedTag } from './text/allowed.ts'
export { allowedTags, allowedValues } from './text/allowed.ts'
export { safeLink } from './text/link.ts'
export { renderMarkdown } from './text/markdown.ts'
export type * from './ports/index.ts'
