import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { ServerError, errorCode } from '../errors.ts'

/** An HTTP server that listens. */
export interface Listener {
  readonly port: number
  /** Takes no new connections, lets the running requests end, and ends those that take longer than `graceMs`. */
  close(graceMs: number): Promise<void>
}

const second = 1000

/**
 * Time limits against clients that send or read slowly. A live stream is written to every few seconds, so `timeout`
 * ends only connections whose other side has stopped reading.
 */
const limits = {
  headersTimeout: 15 * second,
  requestTimeout: 30 * second,
  keepAliveTimeout: 10 * second,
  timeout: 120 * second,
  connectionsCheckingInterval: 2 * second,
  maxHeaderSize: 16 * 1024,
}

/** @throws ServerError `port_unavailable` */
export async function listen(
  fetch: (request: Request, env: unknown) => Response | Promise<Response>,
  place: { readonly host: string; readonly port: number },
): Promise<Listener> {
  const { timeout, ...serverOptions } = limits
  const server = createAdaptorServer({ fetch, createServer, serverOptions, overrideGlobalObjects: false }) as Server
  server.timeout = timeout
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, place)))
    server.listen(place.port, place.host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : place.port,
    close: (graceMs) => closeServer(server, graceMs),
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // `close` ends the connections that are idle now, not those that become idle after their last answer.
  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const force = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(sweep)
  clearTimeout(force)
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
