import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Store } from '@confab/core/ports'
import type { Doc } from './client.ts'
import { eventFinds } from './event-log.ts'
import { finds } from './queries.ts'
import type { Find } from './queries.ts'
import { indexDefinitions } from './schema.ts'
import { ada, commitOptions, createOp, threadOf } from './testing/comments.fixture.ts'
import { createDatabase } from './testing/database.fixture.ts'
import type { TestDatabase } from './testing/database.fixture.ts'
import { startServer } from './testing/server.fixture.ts'
import type { TestServer } from './testing/test-server.fixture.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 })

const target = threadOf(1)
const roots = Array.from({ length: 400 }, (_, i) => `r${String(i).padStart(15, '0')}`)
const busy = roots[7] ?? ''
const parents = roots.slice(0, 20)
const [middle = ''] = roots.slice(200)

/** Every query that may run often, with the most keys it may look at. */
const hot: readonly (readonly [name: string, collection: string, query: Find, mostKeys: number])[] = [
  ['thread', 'threads', finds.thread(target), 1],
  ['threads', 'threads', finds.threads('blog', [target.thread, threadOf(2).thread]), 6],
  ['list threads', 'threads', finds.listThreads('blog', '', 10), 11],
  ['page, newest', 'comments', finds.page({ ...target, parent: null, sort: 'newest', limit: 20 }), 22],
  ['page, oldest', 'comments', finds.page({ ...target, parent: null, sort: 'oldest', limit: 20 }), 22],
  [
    'page, behind',
    'comments',
    finds.page({ ...target, parent: null, sort: 'newest', limit: 20, after: { rank: 0, id: middle } }),
    22,
  ],
  [
    'page, before',
    'comments',
    finds.page({ ...target, parent: null, sort: 'newest', limit: 20, before: { rank: 0, id: middle } }),
    22,
  ],
  ['page of replies', 'comments', finds.page({ ...target, parent: busy, sort: 'oldest', limit: 20 }), 22],
  ['first replies', 'comments', finds.firstReplies(target, parents, 3), 20 * 4 + 2],
  ['first replies of one', 'comments', finds.repliesOf(target, busy, 3), 4],
  ['rows', 'comments', finds.rows(target, parents), 45],
  ['mine', 'comments', finds.mine(target, ada.id, 20), 22],
  ['newest of a site', 'comments', finds.list({ by: 'site', site: 'blog', limit: 20 }), 21],
  ['queue', 'comments', finds.list({ by: 'queue', site: 'blog', status: 'pending', limit: 20 }), 21],
  ['by an author', 'comments', finds.list({ by: 'author', site: 'blog', user: ada.id, limit: 20 }), 21],
  ['scan', 'comments', finds.scan(target, middle, 20), 21],
  ['revisions', 'revisions', finds.revisions(target, busy), 4],
  ['users', 'users', finds.users('blog', [ada.id, 'nobody']), 4],
  ['events since', 'events', eventFinds.since(target, 100, 20), 21],
  ['events to do', 'events', eventFinds.claimable(2000, 2000, 20), 21],
]

let server: TestServer
let database: TestDatabase
let store: Store

beforeAll(async () => {
  server = await startServer()
  if (!server.real) console.log(`plans of ${hot.length} queries: not looked at, the stand-in has no planner`)
  database = await createDatabase(server)
  store = database.open()
  await store.migrate()
  await store.users.put(ada)
  await store.commit(
    target,
    roots.map((id) => createOp({ id })),
    commitOptions(),
  )
  const replies = [...parents, ...Array.from({ length: 300 }, () => busy)]
  await store.commit(
    target,
    replies.map((parent) => createOp({ parent })),
    commitOptions(),
  )
  const waiting = Array.from({ length: 50 }, () => createOp({ status: 'pending' }))
  await store.commit(threadOf(2), [...waiting, createOp()], commitOptions())
  await store.commit(target, [{ op: 'status', id: roots[0] ?? '', to: 'deleted', by: 'm', at: 2 }], commitOptions())
})

afterAll(async () => {
  await store.close()
  await database.drop()
  await server.stop()
})

describe.each(hot)('%s', (_title, collection, query, mostKeys) => {
  const { filter, ...options } = query

  test('names an index that gives the order and leaves nothing out', async () => {
    const definition = indexDefinitions[collection]?.find(({ name }) => name === query.hint) ?? {
      key: { _id: 1 } as const,
    }
    // A partial index is only complete for queries that repeat its filter.
    const partial = 'partialFilterExpression' in definition ? (definition.partialFilterExpression ?? {}) : {}
    expect(filter).toMatchObject(partial)
    const unordered: Find = { filter, ...(query.sort && { sort: query.sort }) }
    const found = async ({ filter: wanted, ...how }: Find) =>
      await database.db.collection(collection).find(wanted, how).toArray()
    const all = await found(unordered)
    const hinted = await found({ ...unordered, ...(query.hint !== undefined && { hint: query.hint }) })
    expect(hinted.length).toBeGreaterThan(collection === 'revisions' ? -1 : 0)
    expect(new Set(hinted.map((doc) => String(doc._id)))).toEqual(new Set(all.map((doc) => String(doc._id))))

    // Fields that are fixed come first, then the one that sorts: so no sort has to wait for all.
    const keys = Object.keys(definition.key)
    const fixed = keys.findIndex((field) => isRange(filter[field]))
    const sorted = Object.keys(query.sort ?? {}).filter((field) => !isFixed(filter[field]))
    expect(keys.slice(fixed === -1 ? keys.length - sorted.length : fixed).slice(0, sorted.length)).toEqual(sorted)
  })

  test('is a bounded walk along that index', async () => {
    if (!server.real) return
    const explained = await database.db.command({
      explain: { find: collection, filter, ...options },
      verbosity: 'executionStats',
    })
    const stages = stagesIn(explained['queryPlanner'])
    expect(stages).not.toContain('COLLSCAN')
    expect(stages).not.toContain('SORT')
    expect(indexesIn(explained['queryPlanner'])).toEqual([query.hint])
    const stats = asDoc(explained['executionStats'])
    expect(Number(stats['totalKeysExamined'])).toBeLessThanOrEqual(mostKeys)
    expect(Number(stats['totalDocsExamined'])).toBeLessThanOrEqual(mostKeys)
  })
})

function isRange(value: unknown): boolean {
  return (
    value === undefined ||
    Object.keys(asDoc(value)).some((name) => ['$gt', '$gte', '$lt', '$lte', '$ne'].includes(name))
  )
}

function isFixed(value: unknown): boolean {
  return !isRange(value)
}

function asDoc(value: unknown): Doc {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** The winning plan is a tree whose form differs between versions: the names are wherever they are. */
function valuesOf(plan: unknown, wanted: string): string[] {
  if (Array.isArray(plan)) return plan.flatMap((part) => valuesOf(part, wanted))
  return Object.entries(asDoc(plan)).flatMap(([name, value]) => {
    if (name === 'rejectedPlans' || name === 'slotBasedPlan') return []
    return name === wanted && typeof value === 'string' ? [value] : valuesOf(value, wanted)
  })
}

const stagesIn = (plan: unknown) => valuesOf(plan, 'stage')
const indexesIn = (plan: unknown) => [...new Set(valuesOf(plan, 'indexName'))]
