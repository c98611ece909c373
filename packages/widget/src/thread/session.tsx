import { render } from 'preact'
import css from './thread.css?inline'
import { pageAddress } from '../page-address.ts'
import { createClient } from '../client/create-client.ts'
import { isPassing } from '../client/errors.ts'
import { openThread } from '../client/open-thread.ts'
import { createAnchor } from './anchor.ts'
import { chooseLanguage, createTranslate, loadMessages } from './messages/translate.ts'
import { ThreadView } from './thread-view.tsx'
import { toggled } from './ui.ts'
import type { Thread } from '../client/open-thread.ts'
import { createTimeFormat } from './time-format.ts'
import type { Place, View, ViewState } from './ui.ts'
import type { Messages } from './messages/translate.ts'
import type { Writing } from './write.ts'

const permalink = /^#confab-([0-9a-v]{16})$/
/** How long a comment that a link led to is ringed, ms; the animation in the style sheet is as long. */
const targetMs = 3000
/** Pauses between attempts to load the first page, ms. */
const firstPauseMs = 2000
const maxPauseMs = 60_000
/** How old a relative time may be, ms. */
const tickMs = 30_000

let sheet: CSSStyleSheet | undefined

/** One thread in one element, from its first request to its last. */
export interface Session {
  readonly thread: Thread
  /** Brings the view up to date. */
  draw(): void
  close(): void
}

export function openSession(element: HTMLElement, defaultServer: string | undefined): Session {
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
  const server = attribute('server') ?? defaultServer ?? location.origin
  const sort = attribute('sort') === 'oldest' ? 'oldest' : 'newest'
  const pageLang = element.parentElement?.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang
  const wantedLang = attribute('lang') || pageLang || navigator.language
  const lang = chooseLanguage(wantedLang)
  const locale = localeOf(wantedLang, lang)
  const minKey = `confab:${site}:${pageKey}:min`
  const thread = openThread(createClient({ server, site, pageKey }), { sort, min: recall(minKey) })
  const anchor = createAnchor(root)
  const abort = new AbortController()
  const { signal } = abort
  let view: View | null = null
  let writing: Promise<void> | null = null
  let begun = false
  let messages: Partial<Messages> = {}
  /** Comments higher than the fold. */
  let long: ReadonlySet<string> = new Set()

  function emit(type: string, detail: object): void {
    element.dispatchEvent(
      new CustomEvent(type, { bubbles: true, composed: true, detail: { site, pageKey, ...detail } }),
    )
  }

  /** @param hold keep what is read at its place */
  function draw(part: Partial<View> = {}, hold = false): void {
    if (!view || signal.aborted) return
    const heading = Math.min(6, Math.max(1, Number(attribute('heading')) || 2))
    view = { ...view, ...part, heading, long, state: thread.state, now: Date.now() }
    if (hold) anchor.hold()
    render(<ThreadView view={view} />, root)
    if (hold) anchor.release()
    begin()
  }

  function say(text: string): void {
    // The same sentence is only read again when something about it has changed.
    draw({ spoken: view?.spoken === text ? `${text}\u00a0` : text })
  }

  function open(place: Place | null): void {
    // The composer that closes may stand above the one that opens.
    draw({ place }, true)
    void loadWriting()
    focusComposer()
  }

  function focusComposer(): void {
    requestAnimationFrame(() => {
      const field = root.querySelector<HTMLTextAreaElement>('.active textarea')
      if (!field || root.activeElement === field) return
      field.focus({ preventScroll: true })
      field.setSelectionRange(field.value.length, field.value.length)
      // With its buttons, where the window ends just below the text.
      field.form?.scrollIntoView({ block: 'nearest' })
    })
  }

  function measured(id: string, isLong: boolean): void {
    if (long.has(id) === isLong) return
    long = toggled(long, id)
    // The view is being drawn at this moment.
    queueMicrotask(draw)
  }

  /** Writing is a file of its own, loaded when there is something to read. */
  function loadWriting(): Promise<void> {
    writing ??= startWriting().catch(() => {
      // The server is away; the next attempt to write tries again.
      writing = null
    })
    return writing
  }

  async function startWriting(): Promise<void> {
    const { createWriting, english } = await import('./write.ts')
    if (!view || signal.aborted) return
    Object.assign(messages, { ...english, ...messages })
    const typed = root.querySelector('textarea')?.value ?? ''
    const write: Writing = createWriting(thread, {
      name: `${site}:${pageKey}`,
      typed,
      t: view.t,
      place: () => view?.place ?? null,
      open,
      ...pageDetails(attribute('page-url') ?? address.url, attribute('page-title') ?? document.title),
      signal,
      onWritten(ver, created) {
        if (ver !== null) remember(minKey, ver)
        if (!created || !view) return
        say(view.t(created.status === 'pending' ? 'pending' : 'posted'))
        emit('confab:comment', { id: created.id, parent: created.parent, status: created.status })
      },
    })
    draw({ write })
    focusComposer()
  }

  async function startLive(): Promise<void> {
    try {
      const { keepAlive } = await import('./keep-alive.ts')
      const announce = (n: number) => view && say(view.t('newComments', { n }))
      if (!signal.aborted) keepAlive({ thread, root, signal, announce })
    } catch {
      // Without it the thread is only as fresh as the page.
    }
  }

  function linked(): string | null {
    return permalink.exec(location.hash)?.[1] ?? null
  }

  function find(id: string): Promise<boolean> {
    return thread.state.data?.comments.has(id) ? Promise.resolve(true) : thread.load({ around: id })
  }

  /** Shows what waits to be shown on the way to a comment. */
  function showBranch(id: string): void {
    const node = thread.state.data?.comments.get(id)
    if (!node) return
    const { parent } = node.view
    thread.showNew(parent ?? undefined)
    if (parent !== null) showBranch(parent)
  }

  async function goTo(id: string, finding = find(id)): Promise<void> {
    if (!(await finding)) {
      const status = thread.state.error?.status
      const loaded = thread.state.data !== null || (await thread.load())
      // With several threads on a page the comment may well be in another one.
      const missing = loaded && status === 404 && document.querySelectorAll('confab-thread').length === 1
      return draw({ missing })
    }
    showBranch(id)
    draw({ target: id, folded: new Set(), missing: false })
    requestAnimationFrame(() => {
      const article = root.querySelector<HTMLElement>(`[data-id="${id}"]`)
      article?.scrollIntoView({ block: 'center' })
      article?.focus({ preventScroll: true })
    })
    setTimeout(() => view?.target === id && draw({ target: null }), targetMs)
  }

  async function start(): Promise<void> {
    const id = linked()
    const first = id === null ? thread.load() : find(id)
    messages = await loadMessages(lang)
    view = {
      thread,
      t: createTranslate(messages, locale),
      times: createTimeFormat(locale),
      now: 0,
      pageLang,
      root,
      say,
      open,
      long,
      measured,
      set: (part: Partial<ViewState>) => draw(part),
      permalink: (comment) => `${location.href.split('#', 1)[0]}#confab-${comment}`,
      state: thread.state,
      place: null,
      folded: new Set(),
      opened: new Set(),
      target: null,
      missing: false,
      copied: null,
      asking: null,
      write: null,
      spoken: '',
      heading: 2,
    }
    draw()
    await (id === null ? first : goTo(id, first))
    for (let pause = firstPauseMs; !signal.aborted; pause = Math.min(2 * pause, maxPauseMs)) {
      const { data, error } = thread.state
      if (data || (error && !isPassing(error))) break
      await new Promise((resolve) => setTimeout(resolve, pause))
      if (!document.hidden && !signal.aborted && !thread.state.data) await thread.load()
    }
  }

  /** What can wait until the first comments are shown. */
  function begin(): void {
    if (begun || !view || !thread.state.data) return
    begun = true
    void loadWriting()
    void thread.loadMe()
    if (attribute('live') !== 'off') void startLive()
  }

  let count: number | undefined
  thread.subscribe(({ data }, own) => {
    draw({}, !own)
    if (!data || data.thread.comments === count) return
    const ready = count === undefined
    count = data.thread.comments
    if (ready) emit('confab:ready', { comments: count })
    emit('confab:count', { comments: count })
  })
  addEventListener(
    'hashchange',
    () => {
      const id = linked()
      if (id !== null) void goTo(id)
    },
    { signal },
  )
  // One timer for every time on the page, and for texts that count down to their next try.
  const timer = setInterval(() => {
    const isWaiting = thread.state.outbox.some((item) => item.state === 'waiting')
    if (view && !document.hidden && (isWaiting || Date.now() - view.now > tickMs)) draw()
  }, 1000)
  void start()

  return {
    thread,
    draw,
    close() {
      abort.abort()
      clearInterval(timer)
      thread.close()
      render(null, root)
    },
  }
}

/** The page's own locale where it is one of the chosen language: `de-CH` writes numbers in another way than `de`. */
function localeOf(wanted: string, lang: string): string {
  try {
    const [locale = lang] = Intl.getCanonicalLocales(wanted.replaceAll('_', '-'))
    return locale.split('-', 1)[0] === lang ? locale : lang
  } catch {
    return lang
  }
}

/** What a server keeps with a new thread, as far as it would take it. */
function pageDetails(url: string, title: string): { url?: string; title: string } {
  return { ...(/^https?:.{1,1990}$/.test(url) && { url }), title: title.slice(0, 300) }
}

/** The version after the reader's last write: a reload right after it must not show less. */
function recall(key: string): number {
  try {
    return Number(sessionStorage.getItem(key) ?? 0)
  } catch {
    return 0
  }
}

function remember(key: string, ver: number): void {
  try {
    sessionStorage.setItem(key, `${ver}`)
  } catch {
    // Forbidden or full: then only a cache in between could be behind.
  }
}
