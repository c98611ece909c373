import { createConfab } from '../../create.ts'
import type { ConfabConfig } from '../../config.ts'
import type { Ms, Store } from '../../ports/index.ts'
import type { Fault } from './faulty-store.ts'
import { faultyStore } from './faulty-store.ts'
import { apiSuiteConfig, limitOneSite } from './config.ts'

/** Confab with the levers that the suite pulls over HTTP, so that it works across any boundary. */
export interface ApiSuiteApp {
  /** Answers like `confab.fetch`, and the suite's own paths under `/suite/`. */
  fetch(this: void, request: Request, env?: unknown): Promise<Response>
  close(this: void): Promise<void>
}

/**
 * The subject of one test of `apiSuite`: Confab over `store`, configured as the suite expects.
 *
 * @param store fresh, empty and prepared by `migrate`; closed by `close`
 * @param config options to add, such as a cache
 *
 * @example
 * const app = apiSuiteApp(memoryStore())
 * const subject = { fetch: (path, init) => app.fetch(new Request(new URL(path, 'https://api.example'), init)), close: app.close }
 */
export function apiSuiteApp(store: Store, config: Partial<ConfabConfig> = {}): ApiSuiteApp {
  let ahead: Ms = 0
  let fault: Fault | null = null
  let hostFails = false
  const clock = { now: () => Date.now() + ahead }
  const base = apiSuiteConfig(faultyStore(store, () => fault))
  const { sites } = base
  const confab = createConfab({
    ...base,
    clock,
    limiter: limitOneSite(clock),
    identify(request) {
      if (hostFails) throw new Error('The session store at /srv/secret/sessions is down')
      return base.identify?.(request) ?? null
    },
    sites: (id) => (Array.isArray(sites) ? (sites.find((site) => site.id === id) ?? null) : null),
    ...config,
  })

  const levers: { readonly [path: string]: (params: URLSearchParams) => unknown } = {
    '/suite/fault'(params) {
      const method = params.get('method')
      fault = method === null ? null : { method, code: params.get('code') }
    },
    '/suite/host'(params) {
      hostFails = params.has('fails')
    },
    '/suite/clock'(params) {
      ahead += Number(params.get('ms'))
    },
    async '/suite/prune'() {
      const later = clock.now() + 1
      const events = await store.events.claim({ limit: 10_000, leaseMs: 0, now: later, before: later })
      await store.events.done(events.map((event) => event.id))
      await store.prune({ keysBefore: later, eventsBefore: later })
    },
    '/suite/close': () => confab.close(),
    // Looked at where the server runs, which may be another realm.
    '/suite/polluted': () => ({ polluted: ({} as { polluted?: unknown }).polluted ?? null, keys: inheritedKeys() }),
  }

  return {
    async fetch(request, env) {
      const url = new URL(request.url)
      const lever = levers[url.pathname]
      if (!lever) return confab.fetch(request, env)
      return Response.json((await lever(url.searchParams)) ?? null)
    },
    close: () => confab.close(),
  }
}

function inheritedKeys(): string[] {
  const keys: string[] = []
  for (const key in {}) keys.push(key)
  return keys
}
