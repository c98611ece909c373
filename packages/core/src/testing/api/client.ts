import type { Identity } from '../../ports/index.ts'
import type { CommentsPageView, CommentView, MeView, ThreadView } from '../../features/comments/schema.ts'
import { origin as defaultOrigin, userHeader } from './config.ts'

/** What the suite tests: anything that answers requests. */
export interface ApiUnderTest {
  /** Sends one request to a path under the mount point. Redirects and cookies are left to the caller. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as what the test expects it to be. */
  json<T = unknown>(): T
  /** `code` of an error; `null` when it is none. */
  readonly code: string | null
}

export type Query = { readonly [name: string]: string | number | readonly string[] | undefined }
export type HeaderInput = { readonly [name: string]: string | null }

/** What one person does on one page of one site, as a browser would send it: with the page's origin and its cookies. */
export interface Visitor {
  readonly site: string
  readonly pageKey: string
  /** Cookies by name, as the server set them. */
  readonly cookies: Map<string, string>
  /** The same person on another page or site. */
  at(place: { site?: string; pageKey?: string; origin?: string }): Visitor
  /** Any request. `null` takes away a header that would be sent. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  /** A request to the thread of the page: `path` follows `/v1/threads/-`. */
  thread(method: string, path: string, options?: SendOptions): Promise<Answer>
  /** Posts, and expects that it was published or queued. */
  post(body: string, fields?: PostFields, headers?: HeaderInput): Promise<CommentView>
  page(query?: Query): Promise<CommentsPageView>
  me(): Promise<MeView>
  threadView(): Promise<ThreadView>
}

export interface SendOptions {
  readonly query?: Query
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: BodyInit
  readonly headers?: HeaderInput
  readonly signal?: AbortSignal
}

export interface PostFields {
  readonly parent?: string | null
  readonly url?: string
  readonly title?: string
  readonly guest?: { readonly name: string; readonly email?: string; readonly website?: string }
}

/** The subject of each test, with short words for common steps. */
export interface Api {
  readonly fetch: ApiUnderTest['fetch']
  /** A new person without a cookie on page `/hello` of `open`. They write as a guest called Guest. */
  guest(name?: string): Visitor
  /** Somebody the host knows. */
  user(id: string, fields?: Partial<Identity>): Visitor
  moderator(): Visitor
  /** Pulls a lever of {@link apiSuiteApp}. */
  lever(name: string, query?: Query): Promise<unknown>
}

export function createApi({ fetch }: ApiUnderTest): Api {
  const user = (id: string, fields: Partial<Identity> = {}): Visitor =>
    visitor(fetch, { identity: { id, name: id, ...fields } })
  return {
    fetch,
    guest: (name = 'Guest') => visitor(fetch, { guestName: name }),
    user,
    moderator: () => user('mod', { name: 'Mod', roles: ['moderator'] }),
    async lever(name, query = {}) {
      const response = await fetch(`/suite/${name}${toSearch(query)}`, { method: 'POST' })
      return JSON.parse(await bodyText(response)) as unknown
    },
  }
}

interface VisitorState {
  readonly site?: string
  readonly pageKey?: string
  readonly origin?: string
  readonly cookies?: Map<string, string>
  readonly identity?: Identity
  readonly guestName?: string
}

function visitor(fetch: ApiUnderTest['fetch'], state: VisitorState): Visitor {
  const { site = 'open', pageKey = '/hello', origin = defaultOrigin, cookies = new Map(), identity, guestName } = state

  async function send(method: string, path: string, options: SendOptions = {}): Promise<Answer> {
    const headers = new Headers()
    headers.set('origin', origin)
    if (identity) headers.set(userHeader, encodeURIComponent(JSON.stringify(identity)))
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (options.body !== undefined) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value === null) headers.delete(name)
      else headers.set(name, value)
    }
    const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body))
    const response = await fetch(`${path}${toSearch(options.query ?? {})}`, {
      method,
      headers,
      ...(body !== null && { body }),
      // Asked for by runtimes that send a stream while they already read the answer.
      ...(body instanceof ReadableStream && { duplex: 'half' }),
      ...(options.signal && { signal: options.signal }),
    })
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
    return answerOf(response, await bodyText(response))
  }

  const thread: Visitor['thread'] = (method, path, options = {}) =>
    send(method, `/v1/threads/-${path}`, { ...options, query: { site, pageKey, ...options.query } })

  async function expectOk<T>(asked: Promise<Answer>): Promise<T> {
    const answer = await asked
    if (answer.status >= 300) throw new Error(`Expected success, got ${answer.status}: ${answer.text}`)
    return answer.json<T>()
  }

  return {
    site,
    pageKey,
    cookies,
    at: (place) => visitor(fetch, { ...state, cookies, ...place }),
    send,
    thread,
    post: (body, fields = {}, headers = {}) =>
      expectOk(
        thread('POST', '/comments', {
          body: {
            body,
            ...(guestName !== undefined && cookies.size === 0 && { guest: { name: guestName } }),
            ...fields,
          },
          headers,
        }),
      ),
    page: (query = {}) => expectOk(thread('GET', '/comments', { query })),
    me: () => expectOk(thread('GET', '/me')),
    threadView: () => expectOk(thread('GET', '')),
  }
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
}

function answerOf(response: Response, text: string): Answer {
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== ''
  const json = <T>(): T => JSON.parse(text) as T
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    code: isJson && response.status >= 400 ? (json<{ error?: { code?: string } }>().error?.code ?? null) : null,
  }
}

/** The body, unpacked where nobody on the way has done so. A body that is packed twice stays unreadable. */
export async function bodyText(response: Response): Promise<string> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const isPacked = response.headers.get('content-encoding') === 'gzip' && bytes[0] === 0x1f && bytes[1] === 0x8b
  return isPacked
    ? new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
    : new TextDecoder().decode(bytes)
}

export function toSearch(query: Query): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'object') for (const one of value) params.append(name, one)
    else if (value !== undefined) params.append(name, String(value))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A key as a client makes it. */
export function newKey(): string {
  return crypto.randomUUID()
}
