/** An open page: it follows the events of a thread through whichever server answers, as the widget does. */
export interface OpenPage {
  readonly pageKey: string
  /** Comments it has been told of. */
  readonly seen: ReadonlySet<string>
  /** How often it had to connect, to ask for what it missed, and to load the page again. */
  readonly counts: { connects: number; gaps: number; resets: number; applied: number }
  close(): void
}

interface EventJson {
  readonly ver: number
  readonly type: string
  readonly data: { readonly id: string }
}

/** Applies versions in order: what is old is dropped, and a gap is asked for (`docs/reference/http.md`). */
export function openPage(urls: readonly string[], site: string, pageKey: string, first: number): OpenPage {
  const stop = new AbortController()
  const seen = new Set<string>()
  const counts = { connects: 0, gaps: 0, resets: 0, applied: 0 }
  const place = `/v1/threads/-/events?${new URLSearchParams({ site, pageKey })}`
  let last = 0
  let turn = first

  const nextUrl = (): string => urls[(turn += 1) % urls.length] ?? ''

  function apply(ver: number, type: string, data: unknown): void {
    if (ver <= last) return
    last = ver
    if (type !== 'comment.created') return
    seen.add((data as EventJson).data.id)
    counts.applied += 1
  }

  async function load(ver: number): Promise<void> {
    counts.resets += 1
    let after = ''
    for (;;) {
      const query = new URLSearchParams({ site, pageKey, limit: '50', min: String(ver), ...(after && { after }) })
      const response = await fetch(`${nextUrl()}/v1/threads/-/comments?${query}`, { signal: stop.signal })
      if (!response.ok) throw new Error(`${response.status}`)
      const page = (await response.json()) as { items: { id: string }[]; next: string | null; thread: { ver: number } }
      for (const { id } of page.items) seen.add(id)
      if (after === '') last = Math.max(last, page.thread.ver)
      if (page.next === null) return
      after = page.next
    }
  }

  async function catchUp(url: string): Promise<void> {
    counts.gaps += 1
    const response = await fetch(`${url}${place}&after=${last}&wait=0`, { signal: stop.signal })
    if (!response.ok) throw new Error(`${response.status}`)
    const news = (await response.json()) as { reset: boolean; ver: number; events: EventJson[] }
    if (news.reset) await load(news.ver)
    else for (const event of news.events) apply(event.ver, event.type, event)
  }

  async function follow(): Promise<void> {
    const url = nextUrl()
    counts.connects += 1
    const response = await fetch(url + place, {
      signal: stop.signal,
      headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
    })
    if (!response.ok || response.body === null) throw new Error(`${response.status}`)
    let rest = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const ver = Number(/^id: (\d+)$/m.exec(block)?.[1] ?? 0)
        const type = /^event: (\S+)$/m.exec(block)?.[1] ?? ''
        const data: unknown = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null')
        if (type === 'reset') await load(ver)
        else if (type === 'ver' ? ver > last : ver > last + 1) await catchUp(url)
        else if (type.includes('.')) apply(ver, type, data)
      }
    }
  }

  void (async () => {
    while (!stop.signal.aborted) {
      await follow().catch(() => undefined)
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100))
    }
  })()

  return { pageKey, seen, counts, close: () => stop.abort() }
}
