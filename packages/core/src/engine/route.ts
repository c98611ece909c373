import type { z } from 'zod'
import type { Bytes, ThreadTarget, Viewer } from '../ports/index.ts'
import type { LiveSink } from './live.ts'
import type { SiteSettings } from './site.ts'

/**
 * What a handler gets: everything is parsed, limited and allowed so far. Features declare routes as values; `http/`
 * turns them into Hono routes, so no feature knows a middleware.
 */
export interface RouteRequest<Query, Body> {
  readonly request: Request
  readonly params: { readonly [name: string]: string }
  readonly query: Query
  readonly body: Body
  readonly site: SiteSettings
  /** The thread of `/threads/{thread}` paths. For other paths its ids are empty. */
  readonly target: ThreadTarget
  /** The `Idempotency-Key` header. */
  readonly key: string | null
  /** Who is asking. Costs something, so it is asked for only where it matters. */
  viewer(): Promise<Viewer | null>
  /** Remembers a guest in this browser. */
  keepGuest(guest: { readonly id: string; readonly name: string }): Promise<void>
  /** Refuses with 429 when a person or an address writes too much. */
  limitWrites(viewerId: string): Promise<void>
}

/** What a handler answers. */
export type Answer =
  | { readonly kind: 'json'; readonly status: 200 | 201 | 202; readonly view: object; readonly ver?: number }
  | { readonly kind: 'empty'; readonly ver?: number }
  /** Finished bytes, the same for everyone. */
  | {
      readonly kind: 'page'
      readonly etag: string
      readonly gzip: Bytes
      readonly plain: Bytes
      readonly stale: boolean
    }
  /** A stream of server-sent events. */
  | { readonly kind: 'stream'; readonly open: (sink: LiveSink) => Promise<() => void> }

export interface Route<Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under `/v1`, in the form of Hono. */
  readonly path: string
  /** One sentence for the reference. */
  readonly summary: string
  /** `public`: the same for everyone, may be cached. `private`: about the viewer. Writes are always private. */
  readonly access: 'public' | 'private'
  /** Kept open until something happens, so it may be served by processes of its own. @default false */
  readonly live?: boolean
  readonly query: z.ZodType<Query>
  /** Parameters that may stand several times; all others at most once. */
  readonly lists?: readonly string[]
  readonly body: z.ZodType<Body> | null
  run(request: RouteRequest<Query, Body>): Promise<Answer>
}

/** Ties the types of query and body to the handler, then forgets them: a list holds routes of all kinds. */
export function route<Query, Body = null>(
  spec: Omit<Route<Query, Body>, 'body'> & { readonly body?: z.ZodType<Body> },
): Route {
  return { ...spec, body: spec.body ?? null }
}

export const json = (view: object, status: 200 | 201 | 202 = 200, ver?: number): Answer =>
  ver === undefined ? { kind: 'json', status, view } : { kind: 'json', status, view, ver }
