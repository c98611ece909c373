import { newKey } from './create-client.ts'
import { toClientError } from './errors.ts'
import { createOutbox } from './outbox.ts'
import { withOwn, withPending, withoutOwn } from './thread-own.ts'
import type { GuestDetails } from './create-client.ts'
import type { OutboxStorage } from './outbox.ts'
import type { Thread } from './open-thread.ts'
import type { CommentView } from '@confab/core'

/** What {@link openWriter} can be told. */
export interface WriterOptions {
  /** Address and title of the page, kept with the thread. */
  readonly url?: string
  readonly title?: string
  /** Keeps unsent texts over a reload. */
  readonly storage?: OutboxStorage
  /** Told of each write that has arrived: the thread's version, and the comment if it is a new one. */
  readonly onWritten?: (ver: number | null, created: CommentView | null) => void
}

/** A text for the outbox. */
export interface Post {
  /** Markdown, at most 10,000 characters. */
  readonly body: string
  readonly parent?: string | null
  readonly guest?: GuestDetails | null
  /** Idempotency key of an earlier attempt with this very text: it stays one comment. */
  readonly key?: string
}

/** Writes in a thread. */
export interface Writer {
  /** Puts a text into the outbox. It is in the thread's state until it has arrived. */
  post(post: Post): void
  retry(key: string): void
  discard(key: string): void
  /** Throws `ClientError`; `conflict` when `rev` is not the newest. */
  edit(id: string, change: { readonly body: string; readonly rev: number }): Promise<void>
  /** Throws `ClientError`. */
  remove(id: string): Promise<void>
  /** The network is back: texts that wait are sent now. */
  wake(): void
  /** Ends all timers. */
  close(): void
}

/**
 * Writes in a thread: new comments through an outbox that survives lost answers, edits and deletions at once.
 *
 * @example
 * const writer = openWriter(thread, { url: location.href })
 * writer.post({ body: 'Hello', guest: { name: 'Ada' } })
 */
export function openWriter(thread: Thread, options: WriterOptions = {}): Writer {
  const { client } = thread
  const { url, title, storage, onWritten } = options

  /** Shown at once, and no later answer may be older than it. */
  function wrote(comment: CommentView, ver: number | null): void {
    thread.atLeast(ver ?? 0)
    thread.change((data) => withOwn(data, comment, ver ?? data.thread.ver), true)
  }

  function showPending(): void {
    const { me } = thread.state
    if (me && me.pending.length > 0) thread.change((data) => withPending(data, me.pending))
  }

  const outbox = createOutbox({
    ...(storage && { storage }),
    onChange: (items) => thread.sending(items),
    async send({ body, parent, guest, key }) {
      const page = { ...(url !== undefined && { url }), ...(title !== undefined && { title }) }
      const { value, ver } = await client.create({ body, parent, ...page, ...(guest && { guest }) }, key)
      wrote(value, ver)
      onWritten?.(ver, value)
      void thread.loadMe()
    },
  })

  const unsubscribe = thread.subscribe(showPending)
  showPending()

  return {
    post: ({ body, parent = null, guest = null, key = newKey() }) => outbox.add({ body, parent, guest, key }),
    retry: (key) => outbox.retry(key),
    discard: (key) => outbox.drop(key),
    async edit(id, change) {
      try {
        const { value, ver } = await client.edit(id, change)
        wrote(value, ver)
        onWritten?.(ver, null)
      } catch (thrown) {
        const error = toClientError(thrown)
        const { comment } = (error.details ?? {}) as { comment?: CommentView }
        if (comment) wrote(comment, null)
        throw error
      } finally {
        // Tells the revision that the next edit must name.
        await thread.loadMe()
      }
    },
    async remove(id) {
      const { ver } = await client.remove(id)
      thread.atLeast(ver ?? 0)
      thread.change((data) => withoutOwn(data, id, ver ?? data.thread.ver), true)
      onWritten?.(ver, null)
    },
    wake: () => outbox.wake(),
    close() {
      unsubscribe()
      outbox.close()
    },
  }
}
