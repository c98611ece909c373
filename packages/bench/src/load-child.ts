import autocannon from 'autocannon'
import { answer } from './children.ts'

/** What to ask of a server, for how long. */
export interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly headers: { readonly [name: string]: string }
}

export interface LoadResult {
  readonly requests: number
  readonly perSecond: number
}

answer<Load, LoadResult>(async ({ url, connections, seconds, headers }) => {
  const result = await autocannon({ url, connections, duration: seconds, headers: { ...headers } })
  const failed = result.errors + result.timeouts + result.non2xx
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${url} failed`)
  return { requests: result.requests.total, perSecond: result.requests.total / result.duration }
})
