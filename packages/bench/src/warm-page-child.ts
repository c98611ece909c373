import { serve } from '@hono/node-server'
import { createConfab } from '@confab/core'
import { sqlite } from '@confab/adapters/sqlite'
import { Hono } from 'hono'
import { answer } from './children.ts'
import { seedThread, site } from './seed.ts'

/** What the bare handler is to return: the bytes and headers of a real answer. */
export interface Stored {
  readonly headers: { readonly [name: string]: string }
  readonly base64: string
}

/** Take this answer, or just tell how you are. */
export type ServerQuestion = Stored | { readonly state: true }

export interface ServerState {
  readonly port: number
  readonly cpuMicros: number
}

type Fetch = (request: Request) => Response | Promise<Response>

let stored: { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } | null = null

/** The limit: Hono, one route, one buffer, headers known before. */
function bare(): Fetch {
  const app = new Hono()
  app.get('*', (c) => {
    if (!stored) return c.notFound()
    return c.body(stored.body, 200, stored.headers)
  })
  return app.fetch
}

/** Confab as a host mounts it, with every default on but the rate of one address: all the load comes from one. */
async function confab(): Promise<Fetch> {
  const store = sqlite(':memory:')
  await store.migrate()
  await seedThread(store, '/warm', 10_000)
  return createConfab({
    store,
    sites: [{ id: site, origins: ['https://blog.example.org'] }],
    limits: { read: false },
  }).fetch
}

const fetch = process.argv[2] === 'confab' ? await confab() : bare()
const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  answer<ServerQuestion, ServerState>(
    (question) => {
      if ('base64' in question) {
        stored = { body: new Uint8Array(Buffer.from(question.base64, 'base64')), headers: { ...question.headers } }
      }
      const { user, system } = process.cpuUsage()
      return { port, cpuMicros: user + system }
    },
    () => void server.close(),
  )
})
