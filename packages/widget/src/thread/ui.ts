import type { Thread, ThreadState } from '../client/open-thread.ts'
import type { ClientError } from '../client/errors.ts'
import type { MessageKey, Translate } from './messages/translate.ts'
import type { ThreadStorage } from './storage.ts'
import type * as write from './write.ts'

/** The composer that is open: the page's own (`root`), a reply to a comment, or an edit of one. */
export interface Place {
  readonly kind: 'root' | 'reply' | 'edit'
  /** Of the comment; `''` for the page's own. */
  readonly id: string
  /** Why the text came back. */
  readonly error?: ClientError
}

/** What every part of the thread's view shares. */
export interface Ui {
  readonly thread: Thread
  readonly storage: ThreadStorage
  readonly t: Translate
  /** Locale for numbers and times. */
  readonly locale: string
  /** Language of the page, which its comments are likely to be in. */
  readonly pageLang: string
  readonly root: ShadowRoot
  /** Tells people who listen to the page instead of looking at it. */
  say(text: string): void
  /** The address of a comment. */
  permalink(id: string): string
}

/** The parts of the view that write, in a file of their own. */
export type Write = typeof write

/** {@link Ui} with what changes from one moment to the next. */
export interface View extends Ui {
  readonly state: ThreadState
  readonly place: Place | null
  readonly folded: ReadonlySet<string>
  /** The comment that a link has led to. */
  readonly target: string | null
  /** What is needed to write; `null` until its file is here. */
  readonly write: Write | null
  open(place: Place | null): void
  fold(id: string, folded: boolean): void
}

/** A failure in the reader's words. */
export function explain(t: Translate, error: ClientError): string {
  const known: { readonly [code: string]: MessageKey } = {
    offline: navigator.onLine ? 'errorServer' : 'errorOffline',
    unavailable: 'errorServer',
    internal: 'errorServer',
    bad_answer: 'errorServer',
    rate_limited: 'errorRate',
    locked: 'closed',
    forbidden: 'noEntry',
    unauthorized: 'signIn',
    too_large: 'errorLong',
    conflict: 'errorConflict',
  }
  const key = known[error.code]
  return key ? t(key) : t('errorRefused', { reason: error.message })
}

/** Moves the focus to the first element that matches, in the next frame: after the view has been brought up to date. */
export function focusSoon(root: ShadowRoot, selector: string): void {
  requestAnimationFrame(() => root.querySelector<HTMLElement>(selector)?.focus())
}
