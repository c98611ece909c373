import { ClientError } from './errors.ts'
import type { CommentView, CommentsPageView, CountsView, EventsView, MeView, RevisionView } from '@confab/core'

/** The order of a page's comments. Replies always stand oldest first. */
export type ThreadSort = 'newest' | 'oldest'

/** What {@link createClient} needs to know. */
export interface ClientOptions {
  /** Address under which the server answers, such as `https://comments.example.org`. */
  readonly server: string
  readonly site: string
  /** The page's own name in the site, usually its path. At most 500 characters. */
  readonly pageKey: string
  /** Replaces the platform's `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** How long an answer may take, ms. 20,000 if left out. */
  readonly timeoutMs?: number
}

/** Which comments to load. At most one of `after`, `before` and `around`. */
export interface PageRequest {
  readonly sort?: ThreadSort
  /** 1 to 50, 20 if left out. */
  readonly limit?: number
  readonly after?: string
  readonly before?: string
  /** A comment's id: the page that holds it. */
  readonly around?: string
  /** Replies of this comment instead of the page's own comments. */
  readonly parent?: string
  /** The answer must be at least this version: read your own writes. */
  readonly min?: number
}

/** Name and, where the site asks, e-mail of somebody without an account. */
export interface GuestDetails {
  readonly name: string
  readonly email?: string
  readonly website?: string
}

/** A comment to write. */
export interface NewComment {
  /** Markdown, at most 10,000 characters. */
  readonly body: string
  readonly parent?: string | null
  /** The page's address and title, kept with the thread. */
  readonly url?: string
  readonly title?: string
  readonly guest?: GuestDetails
}

/** The answer to a write. */
export interface Written<T> {
  readonly value: T
  /** The thread's version with this write in it: pass it on as `min`. `null` when nothing public changed. */
  readonly ver: number | null
}

/** One page's thread on a server, as typed calls. Every call throws {@link ClientError}. */
export interface Client {
  readonly options: ClientOptions
  page(request?: PageRequest): Promise<CommentsPageView>
  /** `key` makes retries safe: the same key never writes twice. 16 to 128 of `A-Z a-z 0-9 _ -`. */
  create(comment: NewComment, key: string): Promise<Written<CommentView>>
  /** Throws `conflict` when `rev` is not the newest; `details.comment` then holds what is. */
  edit(id: string, change: { readonly body: string; readonly rev: number }): Promise<Written<CommentView>>
  remove(id: string): Promise<Written<null>>
  /** For the author and moderators. */
  revisions(id: string): Promise<RevisionView[]>
  me(): Promise<MeView>
  /** Events above the version `after`; waits up to `waitMs` for the first one. */
  events(after: number, waitMs: number, signal?: AbortSignal): Promise<EventsView>
  /** Address of the event stream. */
  streamUrl(after: number): string
  /** Published comments of up to 100 pages of the site. */
  counts(pageKeys: readonly string[]): Promise<CountsView['counts']>
}

type Query = { readonly [name: string]: string | number | undefined }

/**
 * A typed client for one page's thread. No DOM, no state: every method is one request.
 *
 * @example
 * const client = createClient({ server: 'https://comments.example.org', site: 'blog', pageKey: '/posts/hello' })
 * const page = await client.page({ sort: 'oldest' })
 * await client.create({ body: 'Hello', guest: { name: 'Ada' } }, newKey())
 */
export function createClient(options: ClientOptions): Client {
  const { site, pageKey, timeoutMs = 20_000 } = options
  const send = options.fetch ?? ((url: string, init: RequestInit) => fetch(url, init))
  const root = `${options.server.replace(/\/+$/, '')}/v1/`

  function address(path: string, query: Query = {}): string {
    const params = new URLSearchParams({ site, pageKey })
    for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, `${value}`)
    return `${root}threads/-/${path}?${params}`
  }

  async function ask(url: string, init: RequestInit, ms = timeoutMs): Promise<Response> {
    const timeout = AbortSignal.timeout(ms)
    // Not in all browsers that can do everything else. Without it a stop still works, and only the time limit does not.
    const both = 'any' in AbortSignal && init.signal ? AbortSignal.any([init.signal, timeout]) : null
    const signal = both ?? init.signal ?? timeout
    let response: Response
    try {
      response = await send(url, { ...init, signal })
    } catch {
      throw new ClientError('offline', 'The server could not be reached.')
    }
    if (!response.ok) throw await errorOf(response)
    return response
  }

  // A plain GET without headers of its own is a simple request: no preflight, and any cache may answer it.
  async function read<T>(url: string, init: RequestInit = { credentials: 'omit' }, ms?: number): Promise<T> {
    return await json<T>(await ask(url, init, ms))
  }

  async function write(method: string, path: string, body?: object, key?: string): Promise<Written<Response>> {
    const response = await ask(address(path), {
      method,
      credentials: 'include',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const ver = response.headers.get('confab-ver')
    return { value: response, ver: ver === null ? null : Number(ver) }
  }

  async function writeComment(method: string, path: string, body: object, key?: string): Promise<Written<CommentView>> {
    const { value, ver } = await write(method, path, body, key)
    return { value: await json<CommentView>(value), ver }
  }

  return {
    options,
    // Asks every time, mostly for a 304: a copy from minutes ago must not come back on a reload.
    page: (request = {}) => read(address('comments', { ...request }), { credentials: 'omit', cache: 'no-cache' }),
    create: (comment, key) => writeComment('POST', 'comments', comment, key),
    edit: (id, change) => writeComment('PATCH', `comments/${id}`, change),
    async remove(id) {
      return { value: null, ver: (await write('DELETE', `comments/${id}`)).ver }
    },
    async revisions(id) {
      const answer = await read<{ items: RevisionView[] }>(address(`comments/${id}/revisions`), {
        credentials: 'include',
      })
      return answer.items
    },
    me: () => read(address('me'), { credentials: 'include' }),
    events: (after, waitMs, signal) =>
      read(
        address('events', { after, wait: Math.round(waitMs / 1000) }),
        { credentials: 'omit', cache: 'no-store', ...(signal && { signal }) },
        waitMs + timeoutMs,
      ),
    streamUrl: (after) => address('events', { after }),
    async counts(pageKeys) {
      const params = new URLSearchParams({ site })
      for (const key of pageKeys) params.append('pageKey', key)
      return (await read<CountsView>(`${root}counts?${params}`)).counts
    },
  }
}

/**
 * A new idempotency key: 22 characters, 128 random bits.
 *
 * @example
 * const key = newKey()
 * await client.create({ body: 'Hello' }, key) // and once more with this key if no answer comes
 */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .slice(0, 22)
}

async function json<T>(response: Response): Promise<T> {
  try {
    // The server is trusted for the shape of its answers, not for the HTML in them: the widget builds that from a list.
    return (await response.json()) as T
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new ClientError('offline', 'The answer was cut off.')
    throw new ClientError('bad_answer', 'The server gave an answer that cannot be read.', { status: response.status })
  }
}

async function errorOf(response: Response): Promise<ClientError> {
  const { status } = response
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null
  const answer: unknown = await response.json().catch(() => null)
  const error = field(answer, 'error')
  const code = field(error, 'code')
  const message = field(error, 'message')
  const requestId = field(error, 'requestId')
  return new ClientError(
    typeof code === 'string' ? code : status >= 500 ? 'unavailable' : 'bad_answer',
    typeof message === 'string' ? message : `The server answered with status ${status}.`,
    {
      status,
      details: field(error, 'details'),
      requestId: typeof requestId === 'string' ? requestId : null,
      retryAfterMs,
    },
  )
}

function field(value: unknown, name: string): unknown {
  return (value as { [name: string]: unknown } | null | undefined)?.[name]
}
