import autocannon from 'autocannon'
import { answer } from './children.ts'
import { keyOf, pageOf } from './comment-writer.ts'
import { authorOf, site, sourceOf } from './seed.ts'

/** So many comments over HTTP, by so many connections. Serials start at `from`. */
export interface PostLoad {
  readonly port: number
  readonly clients: number
  readonly amount: number
  readonly from: number
}

export interface PostResult {
  readonly perSecond: number
}

answer<PostLoad, PostResult>(async ({ port, clients, amount, from }) => {
  let next = 0
  const begin = performance.now()
  let end = begin
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: clients,
    amount,
    requests: [
      {
        method: 'POST',
        // The run itself ends only with the next of autocannon's samples.
        onResponse: () => (end = performance.now()),
        setupRequest(request) {
          const serial = from + next++
          const client = serial % clients
          return {
            ...request,
            path: `/v1/threads/-/comments?site=${site}&pageKey=${encodeURIComponent(pageOf(client))}`,
            headers: {
              'content-type': 'application/json',
              origin: 'https://blog.example.org',
              'idempotency-key': keyOf(serial),
              'x-user': authorOf(client).id,
              'x-client': String(client),
              'x-serial': String(serial),
            },
            body: JSON.stringify({ body: sourceOf(serial) }),
          }
        },
      },
    ],
  })
  const failed = result.errors + result.timeouts + result.non2xx
  if (failed > 0)
    throw new Error(`${failed} of ${amount} comments were refused: ${JSON.stringify(result.statusCodeStats)}`)
  return { perSecond: (amount * 1000) / (end - begin) }
})
