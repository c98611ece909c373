import type { Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { Server as TcpServer } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { ServerError, errorCode } from '../errors.ts'

/** An HTTP server that listens. */
export interface Listener {
  readonly port: number
  /**
   * Takes no new connections and resolves when the last one is gone. Requests on connections that are still there are
   * answered, each with word that the connection ends. What takes longer than `graceMs` is cut off.
   */
  close(graceMs: number): Promise<void>
}

const second = 1000
/**
 * Promised to clients for a connection that is idle (`Keep-Alive: timeout=3`). Those who keep to it, as agents and
 * well-set proxies do, let go of it before.
 */
const keepAliveMs = 3 * second
/** So long a connection may still bring requests when a stop has begun: the promise holds for it as well. */
export const lingerMs = keepAliveMs

/**
 * Time limits against clients that send or read slowly. A live stream is written to every few seconds, so `timeout`
 * ends only connections whose other side has stopped reading.
 */
const limits = {
  headersTimeout: 15 * second,
  requestTimeout: 30 * second,
  keepAliveTimeout: keepAliveMs,
  timeout: 120 * second,
  connectionsCheckingInterval: 2 * second,
  maxHeaderSize: 16 * 1024,
}

/** @throws ServerError `port_unavailable` */
export async function listen(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  place: { readonly host: string; readonly port: number },
): Promise<Listener> {
  const { timeout, ...serverOptions } = limits
  const server = createAdaptorServer({ fetch, createServer, serverOptions }) as Server
  server.timeout = timeout
  const endConnections = connectionEnder(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, place)))
    server.listen(place.port, place.host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : place.port,
    close(graceMs) {
      endConnections()
      return closeServer(server, graceMs)
    },
  }
}

/**
 * From its call on, every answer says that its connection ends. Without it a busy client would send its next request
 * into a connection that is just being closed.
 */
function connectionEnder(server: Server): () => void {
  const answering = new Set<ServerResponse>()
  let isEnding = false
  const endAfter = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('connection', 'close')
  }
  server.prependListener('request', (_, response: ServerResponse) => {
    answering.add(response)
    response.once('close', () => answering.delete(response))
    if (isEnding) endAfter(response)
  })
  return () => {
    isEnding = true
    for (const response of answering) endAfter(response)
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  // Not `close` of the HTTP server: it cuts connections that are idle at this moment, and a client that is just sending
  // its next request on one would lose it.
  const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()))
  let sweep: ReturnType<typeof setInterval> | null = null
  const linger = setTimeout(() => (sweep = setInterval(() => server.closeIdleConnections(), 50)), lingerMs)
  const force = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(linger)
  clearTimeout(force)
  if (sweep !== null) clearInterval(sweep)
  // Ends the server's own timers. It reports that it is closed already.
  server.close(() => {})
}

function explain(error: Error, { host, port }: { readonly host: string; readonly port: number }): ServerError {
  const options = { cause: error }
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new ServerError(
        'port_unavailable',
        `Port ${port} is in use: stop the other program, or choose another port with --port.`,
        options,
      )
    case 'EACCES':
      return new ServerError(
        'port_unavailable',
        `This user may not open port ${port}: choose one above 1023 with --port.`,
        options,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ServerError(
        'port_unavailable',
        `"${host}" is not an address of this machine: choose another one with --host.`,
        options,
      )
    default:
      return new ServerError(
        'port_unavailable',
        `The server cannot listen on ${host}, port ${port} (${errorCode(error) || error.message}).`,
        options,
      )
  }
}
