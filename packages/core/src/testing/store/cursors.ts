import { base32Number } from '../../engine/base32.ts'
import type { Id, Op, PageQuery } from '../../ports/index.ts'
import type { Random } from '../random.ts'
import { createRandom, freshSeed } from '../random.ts'
import type { Fixture, StoreTests } from './fixture.ts'
import { ada } from './fixture.ts'

const rootsAtStart = 60
const changesBetweenPages = 5

/** While somebody turns the pages, comments come and go: nothing may be seen twice, and nothing that stayed be missed. */
export const cursorTests: StoreTests = ({ describe, test, expect }) => {
  describe('turning pages while comments come and go', () => {
    const walks = [
      { sort: 'newest', direction: 'after' },
      { sort: 'oldest', direction: 'after' },
      { sort: 'newest', direction: 'before' },
      { sort: 'oldest', direction: 'before' },
    ] as const
    const seed = freshSeed()
    for (const { sort, direction } of walks) {
      test(`repeats and misses nothing: ${sort}, ${direction} (seed ${seed})`, async (fixture) => {
        const random = createRandom(seed)
        for (let round = 0; round < 5; round++) {
          const parent = round % 2 === 0 ? null : (await fixture.add({ id: anyId(random), imported: true })).id
          const lasting = new Set(await addMany(fixture, random, parent, rootsAtStart))
          const gone = new Set<Id>()
          const seen: Id[] = []
          // With one row a page, those that come keep the end away for thousands of pages.
          const limit = 2 + random.int(8)
          let place: { rank: number; id: Id } | undefined
          for (;;) {
            const start: Partial<PageQuery> = place
              ? { [direction]: place }
              : direction === 'before'
                ? { before: edge(sort) }
                : {}
            const { rows, more } = await fixture.store.page({ ...fixture.thread, parent, sort, limit, ...start })
            seen.push(...(direction === 'after' ? rows : rows.toReversed()).map(({ id }) => id))
            if (!more) break
            const next = direction === 'after' ? rows.at(-1) : rows[0]
            if (!next) throw new Error('A page that has more behind it is not empty')
            place = { rank: 0, id: next.id }
            await changeSome(fixture, random, parent, lasting, gone)
          }
          const label = `seed ${seed}, round ${round}`
          expect(new Set(seen).size, `${label}: no repeats`).toBe(seen.length)
          const missed = [...lasting].filter((id) => !gone.has(id) && !seen.includes(id))
          expect(missed, `${label}: no misses`).toEqual([])
          const upwards = (sort === 'oldest') === (direction === 'after')
          const sorted = seen.toSorted()
          expect(seen, `${label}: in order`).toEqual(upwards ? sorted : sorted.reverse())
          await clear(fixture, parent)
        }
      })
    }
  })
}

/** A place behind everything, from which `before` reads the whole list backwards. */
function edge(sort: 'newest' | 'oldest'): { rank: number; id: Id } {
  return { rank: 0, id: sort === 'newest' ? '0'.repeat(16) : 'v'.repeat(16) }
}

function anyId(random: Random): Id {
  return base32Number(1 + random.int(2 ** 31), 8) + base32Number(random.int(2 ** 31), 8)
}

async function addMany(fixture: Fixture, random: Random, parent: Id | null, count: number): Promise<Id[]> {
  const ops = Array.from({ length: count }, () => fixture.createOp({ id: anyId(random), parent, imported: true }))
  await fixture.commit(ops, { silent: true })
  return ops.map((op) => op.id)
}

async function changeSome(
  fixture: Fixture,
  random: Random,
  parent: Id | null,
  lasting: ReadonlySet<Id>,
  gone: Set<Id>,
): Promise<void> {
  const ops: Op[] = []
  for (let i = 0; i < changesBetweenPages; i++) {
    const victim = random.maybe([...lasting].filter((id) => !gone.has(id)))
    if (victim !== undefined && random.percent(50)) {
      gone.add(victim)
      ops.push(
        random.percent(50)
          ? { op: 'purge', id: victim, at: fixture.now() }
          : { op: 'status', id: victim, to: 'deleted', by: ada.id, at: fixture.now() },
      )
    } else {
      ops.push(fixture.createOp({ id: anyId(random), parent, imported: true }))
    }
  }
  await fixture.commit(ops)
}

async function clear(fixture: Fixture, parent: Id | null): Promise<void> {
  const rows = await fixture.store.scan(fixture.thread, { limit: 1000 })
  const ours = rows.filter((row) => row.parent === parent).map((row): Op => ({ op: 'purge', id: row.id, at: 1 }))
  await fixture.commit(parent === null ? ours : [...ours, { op: 'purge', id: parent, at: 1 }], { silent: true })
}
