import { base32Number } from '../../engine/base32.ts'
import { memoryStore } from '../../memory/store.ts'
import type { Commit, Id, Op, Store, ThreadTarget } from '../../ports/index.ts'
import type { Random } from '../random.ts'
import { createRandom, freshSeed } from '../random.ts'
import type { StoreTests } from './fixture.ts'
import { counter, targetOf, user } from './fixture.ts'
import { observe } from './observe.ts'
import { expectRecount } from './recount.ts'

const commits = 150
const checkEvery = 30
const people = ['u1', 'u2', 'u3'] as const
// Mostly open, or nearly everything would be refused.
const states = ['open', 'open', 'open', 'locked', 'hidden'] as const
const statuses = ['published', 'pending', 'spam', 'rejected', 'deleted'] as const

/** The same random changes to this store and to the reference: every answer and everything stored must be the same. */
export function randomTests(seeds: readonly number[]): StoreTests {
  return ({ describe, test, expect }) => {
    describe('random changes', () => {
      for (const seed of [...seeds, freshSeed()]) {
        test(`leave the same as in the reference (seed ${seed})`, async ({ store }) => {
          const random = createRandom(seed)
          const reference = memoryStore()
          const threads = [
            await targetOf('blog', '/a'),
            await targetOf('blog', '/b'),
            await targetOf('shop', '/a'),
          ] as const
          const both = [store, reference] as const
          const eventIds = new Map(both.map((one) => [one, counter(1_000_000)]))
          for (const site of ['blog', 'shop']) {
            for (const id of people) for (const one of both) await one.users.put(user(site, id, `${id} of ${site}`))
          }
          const known = new Map<ThreadTarget, Id[]>(threads.map((target) => [target, []]))
          let at = 1_000_000

          for (let i = 1; i <= commits; i++) {
            const label = `seed ${seed}, commit ${i}`
            at += random.int(5)
            const target = random.pick(threads)
            const ids = known.get(target) ?? []
            const ops = Array.from({ length: 1 + random.int(5) }, () => randomOp(random, ids, at))
            const named = random.percent(10)
              ? { ...target, url: `https://a.example/${i}`, title: `Title ${i}` }
              : target
            const silent = random.percent(10)
            const delivered = random.percent(20)
            const apply = (one: Store) =>
              one.commit(named, ops, { at, silent, delivered, eventId: eventIds.get(one) ?? counter() })
            expect(comparable(await apply(store)), label).toEqual(comparable(await apply(reference)))
            for (const one of both) await besides(createRandom(seed + i), one, at)
            if (i % checkEvery === 0) {
              expect(await observe(store, threads, people), label).toEqual(await observe(reference, threads, people))
              for (const ref of threads) await expectRecount(expect, store, ref, label)
            }
          }
        }, 60_000)
      }
    })
  }
}

/** Things that happen between commits, the same for both stores. */
async function besides(random: Random, store: Store, at: number): Promise<void> {
  if (random.percent(5)) {
    await store.users.put(
      user('blog', random.pick(people), `Renamed ${at}`, { role: random.pick(['member', 'admin']), at }),
    )
  }
  if (random.percent(5)) {
    const claimed = await store.events.claim({ limit: 10, leaseMs: 20, now: at, before: at })
    if (random.percent(70)) await store.events.done(claimed.map(({ id }) => id))
  }
  if (random.percent(2)) await store.prune({ keysBefore: at - 50, eventsBefore: at - 100 })
}

function randomOp(random: Random, ids: Id[], at: number): Op {
  const roll = random.int(100)
  if (roll < 50) return randomCreate(random, ids, at)
  const id = random.maybe(ids) ?? 'missing'
  const by = random.pick(people)
  if (roll < 62) {
    const text = `edit ${random.int(1000)}`
    return { op: 'edit', id, ifRev: 1 + random.int(2), source: text, html: `<p>${text}</p>`, by, at }
  }
  if (roll < 87) {
    return {
      op: 'status',
      id,
      to: random.pick(statuses),
      by,
      at,
      ...(random.percent(30) && { ifStatus: [random.pick(statuses), random.pick(statuses)] }),
      ...(random.percent(20) && { erase: true }),
    }
  }
  if (roll < 92) {
    const state = random.pick(states)
    return { op: 'thread', set: { state, ...(random.percent(30) && { title: `T${random.int(3)}` }) }, by, at }
  }
  return { op: 'purge', id, at }
}

function randomCreate(random: Random, ids: Id[], at: number): Op {
  const imported = random.percent(25)
  // Imports come in any order of time, and now and then a second time.
  const id = imported && random.percent(20) ? (random.maybe(ids) ?? randomId(random)) : randomId(random)
  const parent = random.percent(60) ? (random.maybe(ids) ?? null) : null
  ids.push(id)
  return {
    op: 'create',
    id,
    parent: random.percent(3) ? 'missing' : parent === id ? null : parent,
    replyTo: random.percent(10) ? (random.maybe(ids) ?? null) : null,
    author: random.pick(people),
    source: `text ${id}`,
    html: `<p>text ${id}</p>`,
    status: random.percent(70) ? 'published' : random.pick(statuses),
    at: imported ? at - random.int(10_000) : at,
    key: random.percent(25)
      ? { scope: random.pick(people), value: `k${random.int(12)}`, hash: random.percent(80) ? 'h1' : 'h2' }
      : null,
    ...(imported && { imported }),
  }
}

function randomId(random: Random): Id {
  return base32Number(random.int(2 ** 31), 8) + base32Number(random.int(2 ** 31), 8)
}

function comparable({ thread, results, events }: Commit): object {
  return { thread, results, events: events.map(({ id: _id, ...event }) => event) }
}
