import { followLive } from '../client/live.ts'
import { isSending } from './ui.ts'
import type { Thread } from '../client/open-thread.ts'
import type { ThreadData } from '../client/thread-data.ts'

/**
 * A tab that nobody looks at gives its connection back after this, ms. Browsers open six connections to a server over
 * HTTP/1.1: tabs left open in the background would soon keep the next page from loading at all.
 */
const hiddenMs = 30_000
/** New comments are spoken of together, ms after the last one. */
const announceMs = 2000

interface KeepAliveOptions {
  readonly thread: Thread
  readonly root: ShadowRoot
  /** Ends everything. */
  readonly signal: AbortSignal
  /** Tells those who listen to the page how many new comments wait. */
  readonly announce: (count: number) => void
}

/** Keeps a loaded thread up to date while somebody can see the page. */
export function keepAlive({ thread, root, signal, announce }: KeepAliveOptions): void {
  const live = followLive(thread)
  let hidden: ReturnType<typeof setTimeout> | undefined
  let telling: ReturnType<typeof setTimeout> | undefined
  let waiting = 0

  function look(): void {
    clearTimeout(hidden)
    if (!document.hidden) live.start()
    else hidden = setTimeout(() => live.stop(), hiddenMs)
  }

  const unsubscribe = thread.subscribe((state) => {
    if (isSending(state)) return
    const { data } = state
    const count = data?.fresh.length ?? 0
    if (data && count > waiting) {
      if (nobodyIsReading(root, data)) return thread.showNew()
      clearTimeout(telling)
      telling = setTimeout(() => waiting > 0 && announce(waiting), announceMs)
    }
    waiting = count
  })
  document.addEventListener('visibilitychange', look, { signal })
  // A page that is kept for the way back must hold no connection.
  addEventListener('pagehide', () => live.stop(), { signal })
  addEventListener('pageshow', look, { signal })
  addEventListener('online', () => live.wake(), { signal })
  signal.addEventListener('abort', () => {
    unsubscribe()
    clearTimeout(hidden)
    clearTimeout(telling)
    live.stop()
  })
  if (!document.hidden) live.start()
}

/** Whether new comments can appear at once, because nothing that anybody sees would move. */
function nobodyIsReading(root: ShadowRoot, { sort, roots }: ThreadData): boolean {
  if (roots.length === 0) return true
  const list = root.querySelector('.roots')?.getBoundingClientRect()
  return list !== undefined && (sort === 'newest' ? list.top : list.bottom) >= innerHeight
}
