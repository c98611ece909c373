import { createConfab } from '@confab/core'
import { memoryStore } from '@confab/core/memory'
import { createClient } from './create-client.ts'
import type { Client } from './create-client.ts'
import type { Confab } from '@confab/core'

const origin = 'https://blog.example.org'
const server = 'https://comments.example.org'
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/** A whole Confab in this process: real routes, real rules, the memory store. */
export interface TestConfab {
  readonly confab: Confab
  /** A browser of its own, as somebody signed in at the host, or as a stranger. */
  browser(options?: BrowserOptions): Browser
}

/** What stands between a browser and the server. */
export interface BrowserOptions {
  readonly user?: string
  readonly site?: string
  readonly pageKey?: string
  /** Called before each request is sent; throws to lose it. */
  readonly before?: (request: Request) => void
  /** Called before each answer arrives; throws to lose it. */
  readonly after?: (request: Request, response: Response) => void
}

export interface Browser {
  readonly client: Client
  /** Sends a request as this browser's page would. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** Starts it; the caller closes it. */
export async function startConfab(): Promise<TestConfab> {
  const confab = createConfab({
    store: memoryStore(),
    sites: [
      { id: 'blog', origins: [origin] },
      { id: 'checked', origins: [origin], premoderate: 'all' },
    ],
    limits: { read: false, write: false, address: false },
    logger: quiet,
    identify(request) {
      const id = /user=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
      return id === undefined ? null : { id, name: id, roles: ['member'] }
    },
  })
  await confab.start()

  function browser({ user, site = 'blog', pageKey = '/page', before, after }: BrowserOptions = {}): Browser {
    const cookies = new Map<string, string>(user === undefined ? [] : [['user', user]])

    async function send(url: string, init: RequestInit): Promise<Response> {
      const { credentials, signal, ...rest } = init
      const request = new Request(url, { ...rest, ...(signal && { signal }) })
      request.headers.set('origin', origin)
      if (credentials === 'include') {
        request.headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
      }
      before?.(request)
      const response = await confab.fetch(request)
      signal?.throwIfAborted()
      if (credentials === 'include') {
        for (const cookie of response.headers.getSetCookie()) {
          const [name = '', value = ''] = cookie.split(';', 1)[0]?.split(/=(.*)/) ?? []
          cookies.set(name, value)
        }
      }
      after?.(request, response)
      return response
    }

    return { client: createClient({ server, site, pageKey, fetch: send }), fetch: send }
  }

  return { confab, browser }
}
