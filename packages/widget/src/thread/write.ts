import { isPassing } from '../client/errors.ts'
import { openWriter } from '../client/open-writer.ts'
import { Composer } from './composer.tsx'
import { en } from './messages/en-write.ts'
import { explain } from './explain.ts'
import { OutboxEntry } from './outbox-entry.tsx'
import { OwnActions } from './own-actions.tsx'
import { share } from './share.ts'
import { createThreadStorage } from './storage.ts'
import type { Thread } from '../client/open-thread.ts'
import type { Writer, WriterOptions } from '../client/open-writer.ts'
import type { OutboxItem } from '../client/outbox.ts'
import type { Translate } from './messages/translate.ts'
import type { ThreadStorage } from './storage.ts'
import type { Place } from './ui.ts'

/** Which input of a composer an error is about. */
export type FieldPart = 'text' | 'name' | 'email'

/** What is known of one composer besides what stands in its inputs. */
export interface Field {
  /** A draft from an earlier visit stands in it. */
  readonly restored: boolean
  readonly error: { readonly part: FieldPart; readonly message: string } | null
  /** An edit is on its way. */
  readonly saving: boolean
  /** Another one stands for another text area. */
  readonly version: number
}

/** Everything that is only needed to act on a thread, in a file of its own. */
export interface Writing {
  readonly writer: Writer
  readonly storage: ThreadStorage
  readonly Composer: typeof Composer
  readonly OutboxEntry: typeof OutboxEntry
  readonly OwnActions: typeof OwnActions
  readonly share: typeof share
  /** The composer of that name. */
  field(name: string): Field
  setField(name: string, part: Partial<Field>): void
  /** It is closed. */
  forget(name: string): void
  /** Puts a text from the outbox back into its composer, which it gives. */
  takeBack(item: OutboxItem, error: string | null): Place
}

/** What {@link createWriting} needs. */
export interface WritingOptions extends Omit<WriterOptions, 'storage'> {
  /** The thread's own, for what is kept in this browser. */
  readonly name: string
  /** What was typed before this was here. */
  readonly typed: string
  readonly t: Translate
  readonly signal: AbortSignal
  /** The composer that is open. */
  readonly place: () => Place | null
  readonly open: (place: Place) => void
}

/** The English of {@link Writing}, which comes with it. */
export { en as english }

export function createWriting(thread: Thread, options: WritingOptions): Writing {
  const { name, typed, t, signal, place: openPlace, open, ...writerOptions } = options
  const storage = createThreadStorage(name)
  const fields = new Map<string, Field>()
  let version = 0
  if (typed) storage.keepDraft('', { text: typed })
  const writer = openWriter(thread, { ...writerOptions, storage: storage.outbox })

  function field(place: string): Field {
    return fields.get(place) ?? start(place, storage.draft(place) !== null && !typed)
  }

  function start(place: string, restored: boolean, error: Field['error'] = null): Field {
    const field: Field = { restored, error, saving: false, version: ++version }
    fields.set(place, field)
    return field
  }

  function setField(place: string, part: Partial<Field>): void {
    fields.set(place, { ...field(place), ...part })
  }

  function forget(place: string): void {
    // The page's own composer stays, with the text area that it has.
    if (place === '') setField(place, { restored: false, error: null, saving: false })
    else fields.delete(place)
  }

  function takeBack({ key, body, parent }: OutboxItem, error: string | null): Place {
    const place: Place = parent === null ? { kind: 'root', id: '' } : { kind: 'reply', id: parent }
    // An answer that was lost may have been a yes: the same text stays the same comment.
    storage.keepDraft(place.id, { text: body, ...(error === null && { key }) })
    start(place.id, false, error === null ? null : { part: 'text', message: error })
    writer.discard(key)
    return place
  }

  /** A text that was refused for what it says comes back into its field with the reason. */
  function takeBackRefused(): void {
    const refused = thread.state.outbox.find((item) => item.state === 'failed' && item.error && !isPassing(item.error))
    // What is being written in another composer, or in this one, must not be pushed aside.
    if (!refused?.error || openPlace()) return
    // Perhaps they are somebody else by now, or nobody.
    if (refused.error.status === 401) void thread.loadMe()
    open(takeBack(refused, explain(t, refused.error)))
  }

  /** A reply to a comment that has gone just now, or an edit of it, moves to the page's own composer: what was written stays in sight. */
  function keepOrphan(): void {
    const { kind, id } = openPlace() ?? {}
    if (!id || thread.state.data?.comments.has(id)) return
    const name = kind === 'edit' ? `edit-${id}` : id
    const draft = storage.draft(name)
    if (!draft || storage.draft('')) return
    storage.dropDraft(name)
    storage.keepDraft('', { text: draft.text })
    start('', false, { part: 'text', message: t('deleted') })
    open({ kind: 'root', id: '' })
  }

  thread.subscribe(() => {
    takeBackRefused()
    keepOrphan()
  })
  addEventListener('online', () => writer.wake(), { signal })
  signal.addEventListener('abort', () => writer.close())
  return { writer, storage, Composer, OutboxEntry, OwnActions, share, field, setField, forget, takeBack }
}
