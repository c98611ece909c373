import { DatabaseSync } from 'node:sqlite'
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql as sharedEvents } from '../sql/events.ts'
import { sql as sharedQueries } from '../sql/queries.ts'
import { sql as sharedRestore } from '../sql/restore.ts'
import { sql as users } from '../sql/users.ts'
import { startWorker } from '../workerd/start-worker.fixture.ts'
import { sql as commit } from './commit.ts'
import type { D1Binding } from './database.ts'
import { sql as events } from './event-log.ts'
import { sql as lookups } from './lookups.ts'
import { sql as queries } from './queries.ts'
import { sql as records } from './records.ts'
import { sql as restore } from './restore.ts'
import { migrations } from './schema.ts'

const orders = ['>', '>=', '<', '<='] as const
const pages = orders.map((order) => [`page ${order}`, sharedQueries.pageFrom(order)])
const replies = orders.map((order) => [`page replies ${order}`, queries.pageReplies(order)])
const statements: { readonly [name: string]: string } = {
  ...textsOf('', { ...queries, ...sharedQueries, ...Object.fromEntries([...pages, ...replies]) }),
  ...textsOf('commit.', { ...lookups, ...commit }),
  ...textsOf('events.', { ...sharedEvents, ...events }),
  ...textsOf('users.', users),
  ...textsOf('records.', records),
  ...textsOf('restore.', { ...sharedRestore, ...restore }),
}

/** What the statements that every reader and writer causes must use. */
const hot: { readonly [name: string]: string } = {
  'page <': 'SEARCH c USING INDEX c_tree (t=? AND p=? AND vis=? AND id<?)',
  'page replies <': 'SEARCH x USING COVERING INDEX c_tree (t=? AND p=? AND vis=?)',
  replies: 'SEARCH x USING COVERING INDEX c_tree (t=? AND p=? AND vis=?)',
  'commit.thread': 'SEARCH thread USING PRIMARY KEY (t=?)',
  'commit.nodes': 'SEARCH c USING PRIMARY KEY (t=? AND id=?)',
  'commit.bodies': 'SEARCH c USING PRIMARY KEY (t=? AND id=?)',
  'commit.keys': 'SEARCH i USING PRIMARY KEY (t=? AND scope=? AND key=?)',
  'commit.children': 'SEARCH x USING COVERING INDEX c_tree (t=? AND p=?)',
  'commit.setCounts': 'SEARCH comment USING PRIMARY KEY (t=? AND id=?)',
  'commit.setComments': 'SEARCH comment USING PRIMARY KEY (t=? AND id=?)',
  'commit.removeComments': 'SEARCH comment USING PRIMARY KEY (t=? AND id=?)',
  'events.since': 'SEARCH event USING INDEX e_thread (t=? AND ver>?)',
  'events.claim': 'SEARCH event USING INDEX e_age (done=? AND at<?)',
  'records.get': 'SEARCH record USING PRIMARY KEY (coll=? AND part=? AND id=?)',
  'records.guard': 'SEARCH record USING PRIMARY KEY (coll=? AND part=? AND id=?) LEFT-JOIN',
  'records.removeKeys': 'SEARCH record_index USING PRIMARY KEY (coll=? AND part=? AND ix=? AND k=?)',
}

/** What of a plan may be read from end to end: lists that came along, and what was gathered from them. */
const small = /^SCAN (?:\w+ VIRTUAL TABLE|[rw]$|CONSTANT ROW)/

describe('plans', () => {
  let worker: Miniflare
  let d1Plans: readonly (readonly string[])[] = []
  const here = new DatabaseSync(':memory:')
  const names = Object.keys(statements)

  beforeAll(async () => {
    for (const text of migrations.flat()) here.exec(text)
    worker = await startWorker(new URL('./testing/store.worker.fixture.ts', import.meta.url), { d1Databases: ['DB'] })
    const db: D1Binding = await worker.getD1Database('DB')
    await db.batch(migrations.flat().map((text) => db.prepare(text)))
    const answers = await db.batch(Object.values(statements).map((text) => bound(db, `EXPLAIN QUERY PLAN ${text}`)))
    d1Plans = answers.map(({ results }) => results.map((step) => (step as { readonly detail: string }).detail))
  })
  afterAll(() => worker.dispose())

  test.each(names)('%s: by an index, without sorting what grows', (name) => {
    const plan = d1Plans[names.indexOf(name)] ?? []
    expect(plan.filter((step) => step.startsWith('SCAN') && !small.test(step))).toEqual([])
    // Ids that came along are sorted to find the ones named twice.
    expect(plan.filter((step) => step.includes('B-TREE') && !step.startsWith('UNION'))).toEqual([])
    expect(plan.filter((step) => step.includes('(t=?)') && !mayWalkThread.has(name) && !/ thread /.test(step))).toEqual(
      [],
    )
    if (hot[name]) expect(plan).toContain(hot[name])
  })

  test('every hot statement is among them', () => {
    expect(Object.keys(hot).filter((name) => !names.includes(name))).toEqual([])
  })

  test('statistics, which nobody asks for but a tool may make, change no hot plan', () => {
    fill(here, 2_000)
    here.exec('ANALYZE')
    for (const [name, step] of Object.entries(hot)) {
      const plan = here.prepare(`EXPLAIN QUERY PLAN ${statements[name]}`).all()
      expect(
        plan.map(({ detail }) => detail),
        name,
      ).toContain(step)
    }
  })
})

/** Rare, and about all of a thread: its keys when a comment is purged, and what a restore left or put there. */
const mayWalkThread = new Set([
  'commit.removeKeys',
  'restore.dropRevisions',
  'restore.dropComments',
  'restore.show',
  'restore.guardCount',
])

describe('statements', () => {
  test('stay within what D1 takes: 100 values, 100 KB', () => {
    for (const [name, text] of Object.entries(statements)) {
      expect(valuesOf(text), name).toBeLessThan(100)
      expect(text.length, name).toBeLessThan(10_000)
    }
  })

  test('name no two columns alike: D1 would lose one of them', () => {
    for (const [name, text] of Object.entries(statements)) {
      const db = new DatabaseSync(':memory:')
      for (const change of migrations.flat()) db.exec(change)
      const columns = db
        .prepare(text)
        .columns()
        .map((column) => column.name)
      expect(new Set(columns).size, name).toBe(columns.length)
    }
  })
})

function valuesOf(text: string): number {
  const numbered = [...text.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number))
  return Math.max(0, ...numbered, text.match(/\?(?!\d)/g)?.length ?? 0)
}

/** D1 binds as many values as there are. `EXPLAIN` does not look at them. */
function bound(db: D1Binding, text: string) {
  return db.prepare(text).bind(...Array.from({ length: valuesOf(text) }, () => '[]'))
}

function textsOf(prefix: string, sql: object): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(sql).flatMap(([name, text]: [string, unknown]) => {
      if (typeof text === 'string') return [[prefix + name, text]]
      return typeof text === 'object' && text !== null ? Object.entries(textsOf(`${prefix}${name}.`, text)) : []
    }),
  )
}

/** Roots in one thread, each with an event. */
function fill(db: DatabaseSync, size: number): void {
  const rows = Array.from({ length: size }, (_, i) => i.toString(32).padStart(16, '0'))
  const comments = rows.map((id, i) => [id, '', id, 0, 1, 1, 0, 0, `u${i % 3}`, null, 0, 0, i, null, 'text', 'text'])
  db.prepare(commit.addThread).run('t', 's', '/', null, null, size, size, size, 0, 1, 1)
  db.prepare(commit.addComments).run('t', 's', JSON.stringify(comments))
  db.prepare(commit.addEvents).run('t', 's', 0, JSON.stringify(rows.map((id, i) => [id, i, 'x', 1, id, 'u1', i])))
}
