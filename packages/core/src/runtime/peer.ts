import { requestsAreIsolated } from './platform.ts'

/**
 * The address of the socket's other end, where the runtime says it beside the request: Deno hands its handler
 * `{ remoteAddr }`, Bun the server itself, and Cloudflare writes a header that nobody else can set.
 */
export function peerOf(env: unknown, request: Request): string | null {
  // Headers are believed on Cloudflare only: everywhere else a client may write this one.
  if (requestsAreIsolated) return request.headers.get('cf-connecting-ip')
  if (typeof env !== 'object' || env === null) return null
  if ('remoteAddr' in env) return addressIn(env.remoteAddr, 'hostname')
  if (!('requestIP' in env) || typeof env.requestIP !== 'function') return null
  return addressIn(env.requestIP(request), 'address')
}

function addressIn(value: unknown, field: string): string | null {
  const address: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : null
  return typeof address === 'string' ? address : null
}
