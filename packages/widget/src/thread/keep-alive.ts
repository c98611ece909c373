import { followLive } from '../client/live.ts'
import type { Thread } from '../client/open-thread.ts'

/**
 * A tab that nobody looks at gives its connection back after this, ms. Browsers open six connections to a server over
 * HTTP/1.1: tabs left open in the background would soon keep the next page from loading at all.
 */
const hiddenMs = 30_000

/** Keeps a loaded thread up to date while somebody can see the page. Ends with `signal`. */
export function keepAlive(thread: Thread, signal: AbortSignal): void {
  const live = followLive(thread)
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    clearTimeout(timer)
    if (!document.hidden) live.start()
    else timer = setTimeout(() => live.stop(), hiddenMs)
  }

  document.addEventListener('visibilitychange', look, { signal })
  addEventListener('online', () => live.wake(), { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    live.stop()
  })
  if (!document.hidden) live.start()
}
