import { Miniflare } from 'miniflare'
import type { D1Source } from '../index.ts'

/** Empty databases of Miniflare's D1, for tests that run outside of workerd. */
export interface D1Databases {
  /** One that nobody had before. */
  next(): Promise<D1Source>
  stop(): Promise<void>
}

/** `count` of them at most. */
export function startD1(count: number): D1Databases {
  const names = Array.from({ length: count }, (_, index) => `DB${index}`)
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response(null) }',
    compatibilityDate: '2026-07-01',
    d1Databases: names,
  })
  return {
    next() {
      const name = names.pop()
      if (name === undefined) throw new Error('All databases are in use')
      return miniflare.getD1Database(name)
    },
    stop: () => miniflare.dispose(),
  }
}
