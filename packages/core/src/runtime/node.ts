import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT as sent } from '@hono/node-server/utils/response'
import type { Confab } from '../create.ts'
import { withDirectStream } from './direct-stream.ts'

/** A handler in the form that `node:http`, Express, Connect and Nest know. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/** What a body parser in front of the handler leaves behind, and what `@hono/node-server` reads instead of the stream. */
type ParsedRequest = IncomingMessage & { body?: unknown; rawBody?: Buffer }

/**
 * Answers requests of a Node server.
 *
 * Express and Connect take the mount path off the address, so `basePath` stays `/` there; with plain `node:http` and
 * Fastify set `basePath` to where it is mounted. A body that `express.json()` has read already is used as it was parsed.
 *
 * @example
 * app.use('/comments', toNodeHandler(confab))
 */
export function toNodeHandler(confab: Pick<Confab, 'fetch'>): NodeHandler {
  const listener = getRequestListener((request, env) => confab.fetch(request, directly(env)))
  return (request, response) => {
    restoreBody(request)
    void listener(request, response)
  }
}

/**
 * The environment that `@hono/node-server` hands to its handler, with word that streams may be written to Node's
 * response directly. Only for a handler whose answer goes to the bridge as it is.
 *
 * @example
 * createAdaptorServer({ fetch: (request, env) => confab.fetch(request, directly(env)) })
 */
export function directly(env: { readonly outgoing?: unknown }): object {
  const { outgoing } = env
  return outgoing instanceof ServerResponse ? withDirectStream(env, { response: outgoing, sent }) : env
}

/** A stream can be read only once. Without this, a host with a body parser would see every write fail. */
function restoreBody(request: ParsedRequest): void {
  if (!request.readableEnded || request.rawBody !== undefined || request.body === undefined) return
  request.rawBody = Buffer.from(JSON.stringify(request.body))
}
