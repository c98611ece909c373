import { render } from 'preact'
import css from './thread.css?inline'
import { pageAddress } from '../page-address.ts'
import { createClient } from '../client/create-client.ts'
import { openThread } from '../client/open-thread.ts'
import { chooseLanguage, createTranslate, loadMessages } from './messages/translate.ts'
import { createThreadStorage } from './storage.ts'
import { ThreadView } from './thread-view.tsx'
import type { Thread } from '../client/open-thread.ts'
import type { Ui } from './ui.ts'

/** Attributes of `<confab-thread>`. A change of one of the first group opens another thread. */
const threadAttributes = ['site', 'page-key', 'server', 'live', 'lang', 'sort']
const viewAttributes = ['heading']

const permalink = /^#confab-([0-9a-v]{16})$/
/** How long a comment that a link led to is ringed, ms; the animation in the style sheet is as long. */
const targetMs = 3000

/** What `<confab-thread>` can do beyond its attributes. */
export interface ConfabThreadElement extends HTMLElement {
  /** Loads what is shown once more. */
  refresh(): Promise<void>
}

let sheet: CSSStyleSheet | undefined

/**
 * Defines `<confab-thread>`, once.
 *
 * @param defaultServer where threads without a `server` attribute are
 */
export function defineThread(defaultServer?: string): void {
  if (typeof customElements === 'undefined' || customElements.get('confab-thread')) return

  class ConfabThread extends HTMLElement implements ConfabThreadElement {
    static readonly observedAttributes = [...threadAttributes, ...viewAttributes]
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
      this.#session.close()
      this.#session = null
      this.#schedule()
    }

    async refresh(): Promise<void> {
      await this.#session?.thread.refresh()
    }

    /** Later, so that several attributes, or a move to another place of the page, are one change. */
    #schedule(): void {
      if (this.#scheduled) return
      this.#scheduled = true
      queueMicrotask(() => {
        this.#scheduled = false
        if (this.isConnected) this.#session ??= openSession(this, defaultServer)
        else {
          this.#session?.close()
          this.#session = null
        }
      })
    }
  }
  customElements.define('confab-thread', ConfabThread)
}

interface Session {
  readonly thread: Thread
  draw(): void
  close(): void
}

function openSession(element: HTMLElement, defaultServer: string | undefined): Session {
  const attribute = (name: string) => element.getAttribute(name) ?? undefined
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
  if (!sheet) {
    sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
  }
  root.adoptedStyleSheets = [sheet]

  const address = pageAddress(document)
  const site = attribute('site') ?? ''
  const pageKey = attribute('page-key') ?? address.key
  const sort = attribute('sort')
  const storage = createThreadStorage(`${site}:${pageKey}`)
  const pageLang = element.parentElement?.closest('[lang]')?.getAttribute('lang') ?? ''
  const locale = attribute('lang') || pageLang || navigator.language
  const abort = new AbortController()
  const { signal } = abort
  let spoken = ''
  let target: string | null = null
  let ui: Ui | null = null

  const thread = openThread(
    createClient({ server: attribute('server') ?? defaultServer ?? location.origin, site, pageKey }),
    {
      ...(sort === 'oldest' && { sort }),
      url: attribute('page-url') ?? address.url,
      title: (attribute('page-title') ?? document.title).slice(0, 300),
      storage: storage.outbox,
      min: storage.min(),
      onWritten(comment, ver, key) {
        if (ver !== null) storage.keepMin(ver)
        if (key === null || !comment || !ui) return
        ui.say(ui.t(comment.status === 'pending' ? 'pending' : 'posted'))
        emit('confab:comment', { id: comment.id, parent: comment.parent, status: comment.status })
      },
    },
  )

  function emit(type: string, detail: object): void {
    element.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }))
  }

  function draw(): void {
    if (!ui || signal.aborted) return
    const heading = Math.min(6, Math.max(1, Number(attribute('heading')) || 2))
    render(<ThreadView ui={ui} heading={heading} target={target} spoken={spoken} />, root)
  }

  function say(text: string): void {
    // The same sentence twice is read twice only when it changes.
    spoken = spoken === text ? `${text}\u00a0` : text
    draw()
  }

  function linked(): string | null {
    return permalink.exec(location.hash)?.[1] ?? null
  }

  async function goTo(id: string): Promise<void> {
    if (!thread.state.data?.comments.has(id)) {
      const found = await thread.load({ around: id })
      if (signal.aborted) return
      if (!found) {
        await thread.load()
        if (ui && document.querySelectorAll('confab-thread').length === 1) say(ui.t('missing'))
        return
      }
    }
    target = id
    draw()
    requestAnimationFrame(() => {
      const article = root.querySelector<HTMLElement>(`[data-id="${id}"]`)
      article?.scrollIntoView({ block: 'center' })
      article?.focus({ preventScroll: true })
    })
    setTimeout(() => {
      if (target !== id) return
      target = null
      draw()
    }, targetMs)
  }

  let count: number | undefined
  thread.subscribe(({ data }) => {
    if (!data || data.thread.comments === count) return
    const first = count === undefined
    count = data.thread.comments
    const detail = { site, pageKey, comments: count }
    if (first) emit('confab:ready', detail)
    emit('confab:count', detail)
  })

  async function start(): Promise<void> {
    const lang = chooseLanguage(locale)
    const loaded = linked()
    const first = loaded ? goTo(loaded) : thread.load()
    const messages = await loadMessages(lang)
    if (signal.aborted) return
    const t = createTranslate(messages, lang === locale.split('-', 1)[0] ? locale : lang)
    ui = {
      thread,
      storage,
      t,
      locale: lang === locale.toLowerCase().split('-', 1)[0] ? locale : lang,
      pageLang,
      root,
      say,
      permalink: (id) => `${location.href.split('#', 1)[0]}#confab-${id}`,
    }
    draw()
    await first
    if (signal.aborted) return
    draw()
    void thread.loadMe()
    if (attribute('live') !== 'off') await followPage()
  }

  async function followPage(): Promise<void> {
    try {
      const { keepAlive } = await import('./keep-alive.ts')
      if (!signal.aborted) keepAlive(thread, signal)
    } catch {
      // Without it the thread is only as fresh as the page.
    }
  }

  addEventListener('online', () => thread.wake(), { signal })
  addEventListener(
    'hashchange',
    () => {
      const id = linked()
      if (id) void goTo(id)
    },
    { signal },
  )
  void start()

  return {
    thread,
    draw,
    close() {
      abort.abort()
      thread.close()
      render(null, root)
    },
  }
}
