import type { Thread, ThreadState } from '../client/open-thread.ts'
import type { Translate } from './messages/translate.ts'
import type { TimeFormat } from './time-format.ts'
import type { Writing } from './write.ts'

/** A composer: the page's own (`root`), a reply to a comment, or an edit of one. */
export interface Place {
  readonly kind: 'root' | 'reply' | 'edit'
  /** Of the comment; `''` for the page's own. */
  readonly id: string
  /** The text to change, as it was when the composer opened: its author may be nobody any more by the time it is sent. */
  readonly source?: { readonly body: string; readonly rev: number }
}

/** What the reader has opened, closed and followed. */
export interface ViewState {
  /** The composer that is open. */
  readonly place: Place | null
  /** Comments whose replies are hidden. */
  readonly folded: ReadonlySet<string>
  /** Long comments shown in full. */
  readonly opened: ReadonlySet<string>
  /** The comment that a link has led to. */
  readonly target: string | null
  /** A link led to a comment that is not here. */
  readonly missing: boolean
  /** The comment whose link was copied just now. */
  readonly copied: string | null
  /** The comment that may be deleted next. */
  readonly asking: string | null
  /** The last thing said to people who listen to the page instead of looking at it. */
  readonly spoken: string
}

/** Everything that the view is drawn from, and what it can ask for. No component keeps a state of its own. */
export interface View extends ViewState {
  readonly thread: Thread
  readonly state: ThreadState
  readonly t: Translate
  readonly times: TimeFormat
  /** Epoch ms. */
  readonly now: number
  /** Language of the page, which its comments are likely to be in. */
  readonly pageLang: string
  readonly root: ShadowRoot
  /** Level of the heading, 1 to 6. */
  readonly heading: number
  /** What is needed to write; `null` until its file is here. */
  readonly write: Writing | null
  /** Comments found to be higher than the fold. */
  readonly long: ReadonlySet<string>
  measured(id: string, isLong: boolean): void
  set(part: Partial<ViewState>): void
  say(text: string): void
  open(place: Place | null): void
  /** The address of a comment. */
  permalink(id: string): string
}

/** The set with a member put in or taken out. */
export function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(set.has(id) ? [...set].filter((other) => other !== id) : [...set, id])
}

/** Whether to offer writing. Until the reader is known, yes: the answer to a text will say otherwise. */
export function mayWrite({ state: { me, data } }: View): boolean {
  return data?.thread.state === 'open' && (!me || me.can.comment || me.guest !== null)
}

/** Whether a text is on its way. What arrives meanwhile may be this very text: only the answer tells. */
export function isSending({ outbox }: ThreadState): boolean {
  return outbox.some(({ state }) => state === 'sending')
}

/** Waits for a load; where its button has gone with it, the focus goes on to the first comment that came. */
export async function loadAndFocus({ state, thread, root }: View, load: Promise<void>): Promise<void> {
  const before = state.data?.comments
  await load
  const came = [...(thread.state.data?.comments.keys() ?? [])].find((id) => !before?.has(id))
  // The page stays where it is read.
  if (!root.activeElement && came !== undefined) focusSoon(root, `[data-id="${came}"]`, true)
}

/** Moves the focus in the next frame, when the view has been brought up to date. */
export function focusSoon(root: ShadowRoot, selector: string, preventScroll = false): void {
  requestAnimationFrame(() => root.querySelector<HTMLElement>(selector)?.focus({ preventScroll }))
}
