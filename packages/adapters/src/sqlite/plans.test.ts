import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql as events } from '../sql/events.ts'
import { sql as queries } from '../sql/queries.ts'
import { sql as users } from '../sql/users.ts'
import { sql as commit } from './commit.ts'
import { sqlite } from './index.ts'
import { sql as records } from './records.ts'

const orders = ['>', '>=', '<', '<='] as const
const pages = Object.fromEntries(orders.map((order) => [`page ${order}`, queries.pageFrom(order)]))
const statements: { [name: string]: string } = {
  ...textsOf('', { ...queries, ...pages }),
  ...textsOf('commit.', commit),
  ...textsOf('events.', events),
  ...textsOf('users.', users),
  ...textsOf('records.', records),
}

/** What the statements that every reader and writer causes must use. */
const hot: { [name: string]: string } = {
  'page >': 'SEARCH c USING INDEX c_tree (t=? AND p=? AND vis=? AND id>?)',
  'page >=': 'SEARCH c USING INDEX c_tree (t=? AND p=? AND vis=? AND id>?)',
  'page <': 'SEARCH c USING INDEX c_tree (t=? AND p=? AND vis=? AND id<?)',
  'page <=': 'SEARCH c USING INDEX c_tree (t=? AND p=? AND vis=? AND id<?)',
  mine: 'SEARCH c USING INDEX c_mine (t=? AND u=?)',
  listSite: 'SEARCH c USING INDEX c_site (site=? AND id<?)',
  listQueue: 'SEARCH c USING INDEX c_queue (site=? AND st=? AND id>?)',
  listAuthor: 'SEARCH c USING INDEX c_author (site=? AND u=? AND id<?)',
  scan: 'SEARCH c USING PRIMARY KEY (t=? AND id>?)',
  rows: 'SEARCH c USING PRIMARY KEY (t=? AND id=?)',
  thread: 'SEARCH thread USING PRIMARY KEY (t=?)',
  threads: 'SEARCH thread USING PRIMARY KEY (t=?)',
  ver: 'SEARCH thread USING PRIMARY KEY (t=?)',
  'events.since': 'SEARCH event USING INDEX e_thread (t=? AND ver>?)',
  'events.claimable': 'SEARCH event USING INDEX e_age (done=? AND at<?)',
  'events.done': 'SEARCH event USING PRIMARY KEY (id=?)',
  'commit.children': 'SEARCH comment USING COVERING INDEX c_tree (t=? AND p=?)',
  'commit.key': 'SEARCH idem USING PRIMARY KEY (t=? AND scope=? AND key=?)',
  'commit.setCounts': 'SEARCH comment USING PRIMARY KEY (t=? AND id=?)',
}

describe('plans', () => {
  const fresh = new DatabaseSync(':memory:')
  const grown = new DatabaseSync(':memory:')

  beforeAll(async () => {
    await sqlite(fresh).migrate()
    await sqlite(grown).migrate()
    fill(grown, 't', 2_000)
    // Statistics can change a plan. Nobody asks for them, but a tool may.
    grown.exec('ANALYZE')
  })

  for (const [name, text] of Object.entries(statements)) {
    test(`${name}: by an index, without sorting`, () => {
      for (const db of [fresh, grown]) {
        const plan = planOf(db, text)
        expect(plan.filter((step) => step.includes('B-TREE'))).toEqual([])
        // A list of ids that came along is the only thing that may be read from end to end.
        expect(plan.filter((step) => step.startsWith('SCAN') && !step.includes('VIRTUAL TABLE'))).toEqual([])
        if (hot[name]) expect(plan).toContain(hot[name])
      }
    })

    test(`${name}: is prepared once`, () => {
      // A plain parameter behind LIMIT makes SQLite prepare the statement anew whenever one is bound.
      expect(text).not.toMatch(/LIMIT \?(?! \+ 0)/)
    })
  }

  test('every hot statement is among them', () => {
    expect(Object.keys(hot).filter((name) => !(name in statements))).toEqual([])
  })
})

describe('the rows that are looked at', () => {
  const sizes = [200, 20_000]
  const counts = sizes.map((size) => {
    const db = new DatabaseSync(':memory:')
    let looked = 0
    db.function('look', { deterministic: false }, () => {
      looked += 1
      return 1
    })
    return { db, size, reset: () => void (looked = 0), looked: () => looked }
  })

  beforeAll(async () => {
    for (const { db, size } of counts) {
      await sqlite(db).migrate()
      fill(db, 't', size)
    }
  })

  const middle = (size: number) => idOf(Math.floor(size / 2))
  const asked: { [name: string]: (size: number) => readonly (string | number)[] } = {
    'page <': (size) => ['t', '', middle(size), 's', 21],
    'page >': (size) => ['t', '', middle(size), 's', 21],
    'page >=': () => ['t', '', '', 's', 21],
    mine: () => ['t', 'u1', 's', 21],
    listSite: (size) => ['s', middle(size), 21],
    listQueue: () => ['s', 1, '', 21],
    listAuthor: (size) => ['s', 'u1', middle(size), 21],
    scan: (size) => ['t', middle(size), 's', 21],
    'events.since': (size) => ['t', Math.floor(size / 2), 's', 21],
    'events.claimable': () => [Number.MAX_SAFE_INTEGER, 1, 21],
  }
  for (const [name, values] of Object.entries(asked)) {
    test(`${name}: as many in a small thread as in a large one`, () => {
      const text = statements[name]?.replace('WHERE ', 'WHERE look() AND ') ?? ''
      const looked = counts.map(({ db, size, reset, looked: count }) => {
        reset()
        expect(db.prepare(text).all(...values(size)).length).toBe(21)
        return count()
      })
      expect(looked[0]).toBeLessThanOrEqual(22)
      expect(looked[1]).toBe(looked[0])
    })
  }
})

function planOf(db: DatabaseSync, text: string): string[] {
  return db
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all()
    .map((step) => String(step['detail']))
}

function textsOf(prefix: string, sql: object): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(sql).flatMap(([name, text]: [string, unknown]) => {
      if (typeof text === 'string') return [[prefix + name, text]]
      return typeof text === 'object' && text !== null ? Object.entries(textsOf(`${prefix}${name}.`, text)) : []
    }),
  )
}

function idOf(n: number): string {
  return n.toString(32).padStart(16, '0')
}

/** Roots in one thread, written straight: half of them seen, the others waiting, each with an event. */
function fill(db: DatabaseSync, thread: string, size: number): void {
  const comment = db.prepare(commit.addComment)
  const event = db.prepare(commit.addEvent)
  db.exec('BEGIN')
  db.prepare(commit.addThread).run(thread, 's', '/', null, null, size, size / 2, size / 2, 0, 1, 1)
  for (let i = 1; i <= size; i++) {
    const id = idOf(i)
    const seen = i % 2
    comment.run(
      ...[thread, id, '', id, 1 - seen, seen, 1, 0, 0, 's', `u${i % 3}`, null, 0, 0, i, null, 'text', '<p>text</p>'],
    )
    event.run(id, thread, i, 's', 'comment.created', 1, id, 'u1', i, 0)
  }
  db.exec('COMMIT')
}
