import type { LiveOptions } from './live.ts'

/** A message as it came, and what arrives instead: nothing, itself, itself twice. */
export type Mangle = (message: MessageEvent) => readonly MessageEvent[]

/**
 * An `EventSource` for Node over a `fetch` (WHATWG HTML, section 9.2, without its own reconnection, which the client
 * never uses).
 *
 * @param fetch gives the real stream of the server
 * @param mangle does what a bad network does
 */
export function eventSourceOver(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  mangle: Mangle = (message) => [message],
): NonNullable<LiveOptions['eventSource']> {
  class TestEventSource extends EventTarget {
    readonly #abort = new AbortController()

    constructor(url: string) {
      super()
      void this.#read(url)
    }

    close(): void {
      this.#abort.abort()
    }

    async #read(url: string): Promise<void> {
      try {
        const response = await fetch(url, { credentials: 'omit', signal: this.#abort.signal })
        if (!response.ok || !response.body) throw new Error(String(response.status))
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        this.#abort.signal.addEventListener('abort', () => void reader.cancel())
        let text = ''
        for (;;) {
          const { value, done } = await reader.read()
          if (done) break
          const blocks = (text + value).split('\n\n')
          text = blocks.pop() ?? ''
          for (const block of blocks) this.#dispatch(block)
        }
      } catch {
        // Told below, as the platform does.
      }
      if (!this.#abort.signal.aborted) this.dispatchEvent(new Event('error'))
    }

    #dispatch(block: string): void {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data === undefined) return
      for (const message of mangle(new MessageEvent(field('event') ?? 'message', { data }))) {
        if (!this.#abort.signal.aborted)
          this.dispatchEvent(new MessageEvent(message.type, { data: message.data as string }))
      }
    }
  }
  // Only what the client uses is there.
  return TestEventSource as unknown as NonNullable<LiveOptions['eventSource']>
}
