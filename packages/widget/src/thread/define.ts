import { openSession } from './session.tsx'
import type { Session } from './session.tsx'

/** Attributes that make it another thread, or the same one in another way. */
const sessionAttributes = ['site', 'page-key', 'page-url', 'page-title', 'server', 'live', 'lang', 'sort']
/** Attributes that only change how it is drawn. */
const viewAttributes = ['heading']

/** What `<confab-thread>` can do beyond its attributes. */
export interface ConfabThreadElement extends HTMLElement {
  /** Loads what is shown once more, and asks who the reader is: for pages where people sign in and out. */
  refresh(): Promise<void>
}

/**
 * Defines `<confab-thread>`, once. Does nothing where there are no custom elements, such as on a server.
 *
 * @param defaultServer where threads without a `server` attribute are
 *
 * @example
 * defineThread('https://comments.example.org')
 * document.body.append(document.createElement('confab-thread'))
 */
export function defineThread(defaultServer?: string): void {
  if (typeof customElements === 'undefined' || customElements.get('confab-thread')) return

  class ConfabThread extends HTMLElement implements ConfabThreadElement {
    static readonly observedAttributes = [...sessionAttributes, ...viewAttributes]
    #session: Session | null = null
    #scheduled = false

    connectedCallback(): void {
      this.#schedule()
    }

    disconnectedCallback(): void {
      this.#schedule()
    }

    attributeChangedCallback(name: string, before: string | null, now: string | null): void {
      if (before === now || !this.#session) return
      if (viewAttributes.includes(name)) return this.#session.draw()
      this.#close()
      this.#schedule()
    }

    async refresh(): Promise<void> {
      const thread = this.#session?.thread
      await Promise.all([thread?.refresh(), thread?.loadMe()])
    }

    /** Later, so that several attributes, or a move to another place of the page, are one change. */
    #schedule(): void {
      if (this.#scheduled) return
      this.#scheduled = true
      queueMicrotask(() => {
        this.#scheduled = false
        if (this.isConnected) this.#session ??= openSession(this, defaultServer)
        else this.#close()
      })
    }

    #close(): void {
      this.#session?.close()
      this.#session = null
    }
  }
  customElements.define('confab-thread', ConfabThread)
}
