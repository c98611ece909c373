import type { Answer } from '../engine/route.ts'
import { ConfabError, isConfabError } from '../engine/errors.ts'
import type { Bytes, Logger } from '../ports/index.ts'
import { requestsAreIsolated } from '../runtime/platform.ts'
import type { Incoming } from './incoming.ts'
import type { HeaderMap } from './origin.ts'
import { eventStream, writeEvents } from './sse.ts'

/** What every answer to one request carries. */
export interface Edge {
  readonly requestId: string
  /** Headers of this request's origin; known once the site is. */
  cors: HeaderMap
  /** Set by a handler that made a guest. */
  cookie: string | null
}

const noStore = 'private, no-store'

/** Turns what a handler answers into a response, made once with all its headers. */
export function respond(edge: Edge, answer: Answer, incoming: Incoming, access: 'public' | 'private'): Response {
  switch (answer.kind) {
    case 'page':
      return pageResponse(edge, answer, incoming)
    case 'json':
      return new Response(JSON.stringify(answer.view), {
        status: answer.status,
        headers: headersOf(edge, {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': access === 'public' ? 'public, max-age=0, s-maxage=30' : noStore,
          ...(answer.ver !== undefined && { 'confab-ver': String(answer.ver) }),
        }),
      })
    case 'empty':
      return new Response(null, {
        status: 204,
        headers: headersOf(edge, {
          'cache-control': noStore,
          ...(answer.ver !== undefined && { 'confab-ver': String(answer.ver) }),
        }),
      })
    case 'stream':
      return streamResponse(edge, answer, incoming)
  }
}

function streamResponse(edge: Edge, { open }: Extract<Answer, { kind: 'stream' }>, incoming: Incoming): Response {
  const headers = headersOf(edge, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'private, no-store, no-transform',
    // Proxies of the nginx family would gather events before they pass them on.
    'x-accel-buffering': 'no',
  })
  // A stream that is opened and never read would stay open.
  if (incoming.isHead()) return new Response(null, { headers })
  const { stream } = incoming
  if (!stream) return new Response(eventStream(open, requestsAreIsolated ? incoming.signal() : null), { headers })
  // The answer has begun: what goes wrong from here on ends the stream, and the reader comes again.
  writeEvents(stream.response, headers, open).catch(() => stream.response.end())
  return stream.sent
}

function pageResponse(edge: Edge, page: Extract<Answer, { kind: 'page' }>, incoming: Incoming): Response {
  const headers = headersOf(edge, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': page.stale ? noStore : 'public, max-age=0, s-maxage=5, stale-while-revalidate=30',
    etag: page.etag,
    ...(page.stale && { 'confab-stale': '1' }),
  })
  if (incoming.header('if-none-match')?.includes(page.etag)) return new Response(null, { status: 304, headers })
  if (!acceptsGzip(incoming.header('accept-encoding'))) return new Response(page.plain, { headers })
  headers['content-encoding'] = 'gzip'
  return packedResponse(page.gzip, headers)
}

/**
 * A response of bytes that are packed already. On Workers a body whose headers speak of gzip would be packed once more
 * without `encodeBody`; other runtimes do not know the word.
 */
export function packedResponse(bytes: Bytes, headers: HeaderMap): Response {
  const init: ResponseInit & { encodeBody: 'manual' } = { headers, encodeBody: 'manual' }
  return new Response(bytes, init)
}

function acceptsGzip(header: string | null): boolean {
  return header !== null && /\bgzip\b(?!\s*;\s*q=0(?:\.0+)?(?:\s|,|$))/.test(header)
}

function headersOf(edge: Edge, headers: HeaderMap): HeaderMap {
  return {
    ...headers,
    ...edge.cors,
    vary: 'accept-encoding, origin',
    'x-content-type-options': 'nosniff',
    'x-request-id': edge.requestId,
    ...(edge.cookie !== null && { 'set-cookie': edge.cookie }),
  }
}

/** The body of every error, and nothing else: no stack, no path, no cause. */
export function errorResponse(edge: Edge, error: unknown, logger: Logger): Response {
  const known = isConfabError(error) ? error : unknownError(error, edge, logger)
  const { code, message, details, status, retryAfter } = known
  return new Response(JSON.stringify({ error: { code, message, details, requestId: edge.requestId } }), {
    status,
    headers: headersOf(edge, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': noStore,
      ...(retryAfter !== null && { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }),
    }),
  })
}

function unknownError(error: unknown, edge: Edge, logger: Logger): ConfabError {
  logger.error('A request failed', {
    requestId: edge.requestId,
    error: describe(error),
  })
  if (isStoreError(error)) {
    return new ConfabError('unavailable', 'The comments cannot be reached just now; try again in a moment', {
      retryAfter: 2,
    })
  }
  return new ConfabError('internal', 'Something went wrong here; the request id helps to find out what')
}

/** An error with all that caused it, for the operator. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`
}

/** Stores mark their own failures with codes that begin with `store_`; see the adapters. */
function isStoreError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('store_')
}
