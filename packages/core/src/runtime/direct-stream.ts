import type { Bytes } from '../ports/index.ts'

/** The part of Node's response that a stream is written to. */
export interface NodeResponse {
  readonly destroyed: boolean
  /** Bytes that the other side has not taken yet. */
  readonly writableLength: number
  writeHead(status: number, headers: { readonly [name: string]: string }): unknown
  write(chunk: Bytes): boolean
  end(): unknown
  on(event: 'close', listener: () => void): unknown
}

/** How a bridge that owns the response hands it over. */
const key = 'confabStream'

/** A response that a stream may be written to, past the web's streams. */
export interface DirectStream {
  readonly response: NodeResponse
  /** What the bridge wants as an answer when `response` was used: word that there is nothing left to send. */
  readonly sent: Response
}

/** The environment of a request whose streams go straight to Node's response. Each reader costs a third of the work. */
export function withDirectStream(env: object, stream: DirectStream): object {
  return { ...env, [key]: stream }
}

/** `null` when whoever handed the request in wants a web stream. */
export function directStreamOf(env: unknown): DirectStream | null {
  if (typeof env !== 'object' || env === null || !(key in env)) return null
  return env[key] as DirectStream
}
