/** Everything that only people who write need: loaded after the first comments are shown. */
export { Composer } from './composer.tsx'
export { OutboxEntry } from './outbox-entry.tsx'
export { OwnActions } from './own-actions.tsx'
