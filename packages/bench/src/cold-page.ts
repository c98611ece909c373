import { join } from 'node:path'
import type { Confab } from '@confab/core'
import { createConfab } from '@confab/core'
import { sqlite } from '@confab/adapters/sqlite'
import type { Figure } from './report.ts'
import { alternate, ratios } from './rounds.ts'
import type { SeededThread } from './seed.ts'
import { authorOf, seedThread, site, sourceOf } from './seed.ts'
import { withTempFolder } from './temp-folder.ts'

/** How to ask a thread for a page. */
type Ask = (thread: SeededThread) => Promise<string>

/**
 * A page that no cache has: read from SQLite, made into views, JSON and gzip, through `confab.fetch`. Costs in processor
 * time at 100,000 and 1,000,000 comments against the same at 1,000, all in one file. Then the store's part alone, where
 * a growing cost could not hide behind a constant one, and a post.
 */
export async function coldPage(quick: boolean): Promise<Figure[]> {
  return withTempFolder(async (folder) => {
    const store = sqlite(join(folder, 'bench.db'))
    await store.migrate()
    const threads: SeededThread[] = []
    for (const count of quick ? [1_000, 20_000] : [1_000, 100_000, 1_000_000]) {
      threads.push(await seedThread(store, `/${count}`, count))
    }
    const confab = createConfab({
      store,
      sites: [{ id: site, origins: [] }],
      pageMemoryBytes: 0,
      limits: { read: false },
    })
    try {
      const cursors = new Map<SeededThread, string>()
      for (const thread of threads) cursors.set(thread, await middleCursor(confab, thread))
      const viaFetch =
        (query: (thread: SeededThread) => string): Ask =>
        (thread) =>
          page(confab, thread, query(thread))
      const asks: { readonly [name: string]: Ask } = {
        'first page': viaFetch(() => ''),
        'middle page by cursor': viaFetch((thread) => `&after=${cursors.get(thread) ?? ''}`),
        permalink: viaFetch((thread) => `&around=${thread.middle}`),
        'first page, store only': async ({ site: of, thread }) => {
          const { rows } = await store.page({ site: of, thread, parent: null, sort: 'newest', limit: 20, replies: 3 })
          return String(rows.length)
        },
        post: async ({ pageKey }) => {
          const { id } = await confab.api.comments.create({ site, pageKey, author: authorOf(1), body: sourceOf(1) })
          return id
        },
      }
      const figures: Figure[] = []
      for (const [name, ask] of Object.entries(asks)) figures.push(...(await compare(name, threads, ask, quick)))
      return figures
    } finally {
      await confab.close()
    }
  })
}

async function compare(name: string, threads: readonly SeededThread[], ask: Ask, quick: boolean): Promise<Figure[]> {
  const calls = quick ? 50 : 200
  const sides = threads.map((thread) => async () => {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call++) await ask(thread)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / calls
  })
  await alternate(2, sides)
  const [limit = [], ...larger] = await alternate(quick ? 5 : 7, sides)
  return larger.map((ours, index) => ({
    name: `${name === 'post' ? name : `cold ${name}`}, ${(threads[index + 1]?.count ?? 0).toLocaleString('en-US')} by 1,000`,
    unit: 'ms',
    ours,
    limit,
    ratios: ratios(ours, limit),
    goal: { atMost: 1.2, far: 2.5 },
  }))
}

async function page(confab: Confab, thread: SeededThread, query: string): Promise<string> {
  const path = `/v1/threads/-/comments?site=${site}&pageKey=${encodeURIComponent(thread.pageKey)}${query}`
  const response = await confab.fetch(
    new Request(`http://127.0.0.1${path}`, { headers: { 'accept-encoding': 'gzip' } }),
  )
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  const bytes = await response.arrayBuffer()
  return String(bytes.byteLength)
}

/** The cursor of the page behind the root in the middle. */
async function middleCursor(confab: Confab, thread: SeededThread): Promise<string> {
  const { next } = await confab.api.comments.list({ site, pageKey: thread.pageKey, around: thread.middle })
  if (next === null) throw new Error('The middle of the thread is its end')
  return next
}
