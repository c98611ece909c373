import type { Context } from 'hono'
import type { DirectStream } from '../runtime/direct-stream.ts'
import { directStreamOf } from '../runtime/direct-stream.ts'
import { peerOf } from '../runtime/peer.ts'

/** What the edge reads of a request before anything else. */
export interface Incoming {
  readonly url: string
  /** The address of the socket's other end, where the runtime's bridge tells it. */
  readonly peer: string | null
  /** Only the headers of the answer are wanted. */
  isHead(): boolean
  header(name: string): string | null
  /**
   * The length of the body in bytes, where the server that parsed the request made sure that no more will come.
   * `null`: it has to be counted.
   */
  readonly bodyLength: number | null
  /** Fires when the client has gone. Asked for only where it is needed: on Node the asking alone costs something. */
  signal(): AbortSignal
  /** Where a stream may be written to directly. */
  readonly stream: DirectStream | null
}

/** The part of Node's request that `@hono/node-server` hands over in the environment. */
interface NodeIncoming {
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly socket?: { readonly remoteAddress?: string | undefined }
}

/**
 * The request as the edge sees it.
 *
 * For finished pages on Node the headers are read from Node's own object: building the web's `Headers` would cost a
 * third of such an answer. Everything else reads the request as it was handed in, which a host may have changed.
 */
export function incomingOf(c: Context, isPublicRead: boolean): Incoming {
  const request = c.req.raw
  const node = nodeIncoming(c.env)
  const peer = node?.socket?.remoteAddress ?? peerOf(c.env, request)
  const isHead = (): boolean => request.method === 'HEAD'
  const signal = (): AbortSignal => request.signal
  const bodyLength = node ? lengthOf(node) : null
  if (!isPublicRead || !node) {
    const stream = directStreamOf(c.env)
    return { url: request.url, peer, isHead, bodyLength, signal, stream, header: (name) => request.headers.get(name) }
  }
  return {
    url: request.url,
    peer,
    isHead,
    bodyLength,
    signal,
    stream: null,
    header(name) {
      const value = node.headers[name]
      return typeof value === 'string' ? value : null
    },
  }
}

function nodeIncoming(env: unknown): NodeIncoming | null {
  if (typeof env !== 'object' || env === null || !('incoming' in env)) return null
  const { incoming } = env
  const isNode = typeof incoming === 'object' && incoming !== null && 'headers' in incoming && 'socket' in incoming
  return isNode ? (incoming as NodeIncoming) : null
}

/** Node's parser ends a body at its announced length, and refuses a request that announces it in two ways. */
function lengthOf({ headers }: NodeIncoming): number | null {
  const length = headers['content-length']
  return typeof length === 'string' && headers['transfer-encoding'] === undefined ? Number(length) : null
}
