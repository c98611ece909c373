import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Confab } from '../create.ts'

/** A handler in the form that `node:http`, Express, Connect and Nest know. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Answers requests of a Node server.
 *
 * Mount it before anything that reads bodies, such as `express.json()`. Express and Connect take the mount path off the
 * address, so `basePath` stays `/` there; with plain `node:http` and Fastify set `basePath` to where it is mounted.
 *
 * @example
 * app.use('/comments', toNodeHandler(confab))
 */
export function toNodeHandler(confab: Pick<Confab, 'fetch'>): NodeHandler {
  const listener = getRequestListener((request, env) => confab.fetch(request, env))
  return (request, response) => {
    void listener(request, response)
  }
}
