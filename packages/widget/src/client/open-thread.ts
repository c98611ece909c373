import { toClientError } from './errors.ts'
import { dataOfPage, showReplies, showRoots, withHeldBack, withPage, withReplies } from './thread-data.ts'
import type { Client, ThreadSort } from './create-client.ts'
import type { ClientError } from './errors.ts'
import type { Connection, LiveTarget } from './live.ts'
import type { OutboxItem } from './outbox.ts'
import type { ThreadData } from './thread-data.ts'
import type { CommentsPageView, MeView } from '@confab/core'

/** All that is known of a thread at one moment. Never changed in place. */
export interface ThreadState {
  /** `null` until the first page is here. */
  readonly data: ThreadData | null
  /** Why the last attempt to load a page failed; `null` after one that worked. */
  readonly error: ClientError | null
  /** What is being loaded: `page`, `next`, `previous` or the id of a comment whose replies are. */
  readonly loading: ReadonlySet<string>
  /** `null` until `loadMe` has answered. */
  readonly me: MeView | null
  readonly outbox: readonly OutboxItem[]
  readonly connection: Connection
}

/** What {@link openThread} can be told. */
export interface ThreadOptions {
  readonly sort?: ThreadSort
  /** The version of the reader's last write here, from an earlier visit. */
  readonly min?: number
}

/** A thread with its state. Methods that load never throw: a failure is in the state. */
export interface Thread extends LiveTarget {
  readonly client: Client
  readonly state: ThreadState
  /** Calls back after each change; `own` when the reader asked for it. Gives the function that ends it. */
  subscribe(listener: (state: ThreadState, own: boolean) => void): () => void
  /** Loads the first page, or the one around a comment. False when it failed or the comment is not there. */
  load(options?: { readonly sort?: ThreadSort; readonly around?: string }): Promise<boolean>
  loadNext(): Promise<void>
  loadPrevious(): Promise<void>
  loadReplies(parent: string): Promise<void>
  /** Loads what is loaded once more; the first page when nothing is. */
  refresh(): Promise<void>
  /** Asks who the reader is and what they may do here. */
  loadMe(): Promise<void>
  /** Shows the comments that wait, or the replies that wait under one. */
  showNew(parent?: string): void
  /** Takes up what is on its way to the server. */
  sending(items: readonly OutboxItem[]): void
  /** Late answers change nothing any more. */
  close(): void
}

const pageLimit = 50
/** Most requests of one refresh, so that a reader deep in a long thread does not load it all again. */
const maxRefreshPages = 10

/**
 * A thread to read, with its state, for any user interface. {@link followLive} keeps it up to date, {@link openWriter}
 * writes in it.
 *
 * @example
 * const thread = openThread(createClient({ server, site: 'blog', pageKey: '/posts/hello' }))
 * thread.subscribe((state) => render(state))
 * await thread.load()
 */
export function openThread(client: Client, options: ThreadOptions = {}): Thread {
  const listeners = new Set<(state: ThreadState, own: boolean) => void>()
  let state: ThreadState = { data: null, error: null, loading: new Set(), me: null, outbox: [], connection: 'off' }
  let sort = options.sort ?? 'newest'
  /** The version of the reader's last write: no answer may be older. */
  let min = options.min ?? 0
  /** Answers to a load that is out of date are thrown away. */
  let generation = 0
  let refreshing: Promise<void> | null = null

  function set(part: Partial<ThreadState>, own = false): void {
    state = { ...state, ...part }
    for (const listener of listeners) listener(state, own)
  }

  function change(step: (data: ThreadData) => ThreadData, own = false): void {
    if (!state.data) return
    const data = step(state.data)
    if (data !== state.data) set({ data }, own)
  }

  const page = (request: Parameters<Client['page']>[0]) => client.page({ sort, ...request, ...(min > 0 && { min }) })

  /** Runs a load with its failure in the state; a second one of the same name waits for no answer. */
  async function loading(name: string, run: () => Promise<void>): Promise<boolean> {
    if (state.loading.has(name) && name !== 'page') return false
    const mine = generation
    set({ loading: new Set([...state.loading, name]) }, true)
    let error: ClientError | null = null
    try {
      await run()
    } catch (thrown) {
      error = toClientError(thrown)
    }
    // Another page is being loaded by now: what became of this one is of no interest any more.
    if (mine !== generation && name === 'page') return error === null
    set({ loading: new Set([...state.loading].filter((other) => other !== name)), error }, true)
    return error === null
  }

  /** The first page of what is loaded, or the one that now stands in its place. */
  async function topPage({ roots: [first], previous }: ThreadData): Promise<CommentsPageView> {
    try {
      return await page({ limit: pageLimit, ...(previous !== null && first !== undefined && { around: first }) })
    } catch (thrown) {
      if (toClientError(thrown).status !== 404) throw thrown
      return await page({ limit: pageLimit })
    }
  }

  async function reload(attempts = 3): Promise<void> {
    const before = state.data
    const mine = generation
    if (!before) return void (await thread.load())
    let answer = await topPage(before)
    let data = dataOfPage(answer, sort)
    for (
      let pages = 1;
      pages < maxRefreshPages && answer.next !== null && data.roots.length < before.roots.length;
      pages++
    ) {
      answer = await page({ limit: pageLimit, after: answer.next })
      data = withPage(data, answer, 'after')
    }
    for (const [id, old] of before.comments) {
      const now = data.comments.get(id)
      if (now && now.next !== null && old.children.length > now.children.length) {
        data = withReplies(
          data,
          id,
          await page({ parent: id, limit: pageLimit, ...(now.next !== '' && { after: now.next }) }),
        )
      }
    }
    if (mine !== generation) return
    // Events have gone on meanwhile: going back would lose them.
    if (data.thread.ver < thread.ver && attempts > 1) return await reload(attempts - 1)
    set({ data: withHeldBack(data, before), error: null })
  }

  const thread: Thread = {
    client,
    get state() {
      return state
    },
    get ver() {
      return state.data?.thread.ver ?? 0
    },
    change,
    atLeast(ver) {
      min = Math.max(min, ver)
    },
    connected(connection) {
      if (connection !== state.connection) set({ connection })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async load(request = {}) {
      const mine = ++generation
      const wanted = request.sort ?? sort
      return await loading('page', async () => {
        const first = await page({ sort: wanted, ...(request.around !== undefined && { around: request.around }) })
        if (mine !== generation) return
        sort = wanted
        set({ data: dataOfPage(first, sort) }, true)
      })
    },
    async loadNext() {
      const after = state.data?.next
      if (after == null) return
      const mine = generation
      await loading('next', async () => {
        const answer = await page({ after })
        if (mine === generation) change((data) => withPage(data, answer, 'after'), true)
      })
    },
    async loadPrevious() {
      const before = state.data?.previous
      if (before == null) return
      const mine = generation
      await loading('previous', async () => {
        const answer = await page({ before })
        // Not `own`: what is read must stay where it is while the page grows above it.
        if (mine === generation) change((data) => withPage(data, answer, 'before'))
      })
    },
    async loadReplies(parent) {
      const after = state.data?.comments.get(parent)?.next
      if (after == null) return
      const mine = generation
      await loading(parent, async () => {
        const answer = await page({ parent, limit: pageLimit, ...(after !== '' && { after }) })
        if (mine === generation) change((data) => withReplies(data, parent, answer), true)
      })
    },
    refresh() {
      refreshing ??= reload()
        .catch((thrown: unknown) => set({ error: toClientError(thrown) }))
        .finally(() => {
          refreshing = null
        })
      return refreshing
    },
    async loadMe() {
      try {
        set({ me: await client.me() })
      } catch {
        // Reading goes on without it; writing will say what is wrong.
      }
    },
    showNew: (parent) => change((data) => (parent === undefined ? showRoots(data) : showReplies(data, parent)), true),
    sending: (outbox) => set({ outbox }, true),
    close() {
      generation += 1
      listeners.clear()
    },
  }
  return thread
}
