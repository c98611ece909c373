import type { Json, RecordOp, Records, StoredRecord } from '../../ports/index.ts'
import { createRandom, freshSeed } from '../random.ts'
import type { Fixture, StoreTests } from './fixture.ts'

export const recordTests: StoreTests = ({ describe, test, expect }) => {
  describe('records', () => {
    test('keep every JSON value', async ({ store }) => {
      const records = open(store)
      const values: Json[] = [
        null,
        true,
        false,
        0,
        -1.5,
        1e300,
        5e-324,
        Number.MAX_SAFE_INTEGER,
        '',
        'text',
        [],
        {},
        [1, [2, [3, { a: null }]]],
        { a: { b: { c: [true, 'x', null] } } },
      ]
      for (const [i, value] of values.entries()) {
        await records.write('p', [{ put: { id: `v${i}`, value, list: values } }])
        expect(await records.get('p', `v${i}`)).toStrictEqual({ id: `v${i}`, value, list: values, rev: 1 })
      }
    })

    test('keep a document of 64 KB', async ({ store }) => {
      const records = open(store)
      const text = 'ü'.repeat(32 * 1024)
      await records.write('p', [{ put: { id: 'big', text } }])
      expect(await records.get('p', 'big')).toEqual({ id: 'big', text, rev: 1 })
    })

    test('are told apart by part and collection', async ({ store }) => {
      const records = open(store)
      const others = store.records({ name: 'others', indexes: {} })
      await records.write('p', [{ put: { id: 'x', n: 1 } }])
      expect(await records.get('q', 'x')).toBe(null)
      expect(await others.get('p', 'x')).toBe(null)
      expect((await records.list('q', null, { limit: 9 })).rows).toEqual([])
      await others.write('p', [{ put: { id: 'x', n: 2 } }])
      expect(await records.get('p', 'x')).toMatchObject({ n: 1 })
    })

    test('are the same for two who open the same collection', async ({ store }) => {
      await open(store).write('p', [{ put: { id: 'x', n: 1 } }])
      expect(await open(store).get('p', 'x')).toMatchObject({ n: 1 })
    })

    test('put replaces the whole document and counts rev', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'x', a: 1, b: 2 } }])
      await records.write('p', [{ put: { id: 'x', a: 3, rev: 99 } }])
      expect(await records.get('p', 'x')).toStrictEqual({ id: 'x', a: 3, rev: 2 })
      await records.write('p', [{ del: 'x' }])
      await records.write('p', [{ put: { id: 'x', a: 4 } }])
      expect(await records.get('p', 'x')).toStrictEqual({ id: 'x', a: 4, rev: 1 })
    })

    test('ifRev guards put and del', async ({ store }) => {
      const records = open(store)
      expect(await records.write('p', [{ put: { id: 'x' }, ifRev: 1 }])).toEqual(['conflict'])
      expect(await records.write('p', [{ put: { id: 'x', n: 1 }, ifRev: 'absent' }])).toEqual(['ok'])
      expect(await records.write('p', [{ put: { id: 'x', n: 2 }, ifRev: 'absent' }])).toEqual(['conflict'])
      expect(await records.write('p', [{ put: { id: 'x', n: 3 }, ifRev: 2 }])).toEqual(['conflict'])
      expect(await records.get('p', 'x')).toEqual({ id: 'x', n: 1, rev: 1 })
      expect(await records.write('p', [{ put: { id: 'x', n: 4 }, ifRev: 1 }])).toEqual(['ok'])
      expect(await records.write('p', [{ del: 'x', ifRev: 1 }])).toEqual(['conflict'])
      expect(await records.write('p', [{ del: 'x', ifRev: 2 }])).toEqual(['ok'])
      expect(await records.write('p', [{ del: 'x', ifRev: 2 }])).toEqual(['missing'])
      expect(await records.get('p', 'x')).toBe(null)
    })

    test('inc and del of nothing are missing', async ({ store }) => {
      const records = open(store)
      expect(await records.write('p', [{ inc: { id: 'x', by: { n: 1 } } }])).toEqual(['missing'])
      expect(await records.write('p', [{ del: 'x' }])).toEqual(['missing'])
    })

    test('inc adds, takes an absent field for 0 and raises rev', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'x', n: 1, keep: 'me' } }])
      await records.write('p', [{ inc: { id: 'x', by: { n: 2, m: -0.5 } } }])
      expect(await records.get('p', 'x')).toStrictEqual({ id: 'x', n: 3, m: -0.5, keep: 'me', rev: 2 })
    })

    test('inc of what is no number rejects and writes nothing', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'x', text: 'a', n: 1 } }])
      for (const field of ['text', 'rev', 'id']) {
        await expect(
          records.write('p', [{ inc: { id: 'x', by: { n: 1 } } }, { inc: { id: 'x', by: { [field]: 1 } } }]),
        ).rejects.toThrow(TypeError)
      }
      expect(await records.get('p', 'x')).toStrictEqual({ id: 'x', text: 'a', n: 1, rev: 1 })
    })

    test('inc keeps a field within its bounds', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'x', n: 1 } }])
      const inc = (n: number, guard: { field: string; min?: number; max?: number }) =>
        records.write('p', [{ inc: { id: 'x', by: { n }, guard } }])
      expect(await inc(2, { field: 'n', max: 3 })).toEqual(['ok'])
      expect(await inc(1, { field: 'n', max: 3 })).toEqual(['guard'])
      expect(await inc(-4, { field: 'n', min: 0 })).toEqual(['guard'])
      expect(await inc(-3, { field: 'n', min: 0 })).toEqual(['ok'])
      expect(await inc(1, { field: 'absent', max: -1 })).toEqual(['guard'])
      expect(await inc(1, { field: 'absent', min: 0, max: 0 })).toEqual(['ok'])
      expect(await records.get('p', 'x')).toEqual({ id: 'x', n: 1, rev: 4 })
    })

    test('write is all or nothing, and answers for each op', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'a', n: 1 } }])
      const ops: RecordOp[] = [
        { put: { id: 'b' }, ifRev: 'absent' },
        { put: { id: 'a' }, ifRev: 'absent' },
        { inc: { id: 'a', by: { n: 1 } } },
        { del: 'missing' },
        { inc: { id: 'a', by: { n: 9 }, guard: { field: 'n', max: 5 } } },
      ]
      expect(await records.write('p', ops)).toEqual(['ok', 'conflict', 'ok', 'missing', 'guard'])
      expect((await records.list('p', null, { limit: 9 })).rows).toEqual([{ id: 'a', n: 1, rev: 1 }])
      expect((await records.list('p', 'byN', { limit: 9 })).rows).toEqual([{ id: 'a', n: 1, rev: 1 }])
      expect(await records.write('p', [])).toEqual([])
    })

    test('later ops of a write see the earlier ones', async ({ store }) => {
      const records = open(store)
      expect(
        await records.write('p', [
          { put: { id: 'a', n: 1 }, ifRev: 'absent' },
          { inc: { id: 'a', by: { n: 1 } } },
          { put: { id: 'b', n: 7 } },
          { del: 'b', ifRev: 1 },
          { put: { id: 'b', n: 8 }, ifRev: 'absent' },
        ]),
      ).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
      expect((await records.list('p', 'byN', { limit: 9 })).rows).toEqual([
        { id: 'a', n: 2, rev: 2 },
        { id: 'b', n: 8, rev: 1 },
      ])
    })

    test('list by index orders null, booleans, numbers, strings, then by id', async ({ store }) => {
      const records = open(store)
      const ordered: Json[] = [
        null,
        false,
        true,
        -1e300,
        -2,
        -1.5,
        -5e-324,
        0,
        5e-324,
        0.5,
        1,
        2,
        10,
        1e300,
        '',
        '\u0000',
        '\u0000a',
        '\u0001',
        '10',
        '2',
        'A',
        'a',
        'a\u0000',
        'a\u0000\u0000b',
        'a\u0001',
        'aa',
        'b',
        'é',
        '\ud7ff',
        // A pair sorts by its halves, before what comes after them in UTF-16 and yet has fewer bits.
        '\u{10000}',
        '\u{1f600}',
        '\u{10ffff}',
        '\ue000',
        '\uffff',
      ]
      const shuffled = ordered.map((n, i) => ({ n, i })).sort((a, b) => ((a.i * 7) % 31) - ((b.i * 7) % 31))
      for (const { n, i } of shuffled) await records.write('p', [{ put: { id: `id${i}`, n } }])
      const up = await records.list('p', 'byN', { limit: 100 })
      expect(up.rows.map(({ n }) => n)).toEqual(ordered)
      expect(up.next).toBe(null)
      const down = await records.list('p', 'byN', { limit: 100, desc: true })
      expect(down.rows.map(({ n }) => n)).toEqual(ordered.toReversed())
    })

    test('list by id orders by code unit', async ({ store }) => {
      const records = open(store)
      const ids = ['A', 'a', 'aa', 'b', 'é', '\u{10000}', '\ue000', '10', '2']
      await records.write(
        'p',
        ids.map((id) => ({ put: { id } })),
      )
      const { rows } = await records.list('p', null, { limit: 100 })
      expect(rows.map(({ id }) => id)).toEqual(ids.toSorted())
      const down = await records.list('p', null, { limit: 100, desc: true })
      expect(down.rows.map(({ id }) => id)).toEqual(ids.toSorted().reverse())
      expect((await records.list('p', null, { prefix: ['a'], limit: 9 })).rows).toEqual([{ id: 'a', rev: 1 }])
    })

    test('records that are equal in an index come by id', async ({ store }) => {
      const records = open(store)
      await records.write(
        'p',
        ['c', 'a', 'b'].map((id) => ({ put: { id, n: 1 } })),
      )
      const { rows } = await records.list('p', 'byN', { limit: 9 })
      expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    })

    test('an absent field counts as null', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'b', n: null } }, { put: { id: 'a' } }, { put: { id: 'c', n: false } }])
      const { rows } = await records.list('p', 'byN', { prefix: [null], limit: 9 })
      expect(rows.map(({ id }) => id)).toEqual(['a', 'b'])
    })

    test('prefix fixes the first fields', async ({ store }) => {
      const records = open(store)
      const rows = [
        { id: '1', user: 'a', n: 2 },
        { id: '2', user: 'a', n: 1 },
        { id: '3', user: 'ab', n: 1 },
        { id: '4', user: 'b', n: 1 },
        { id: '5', user: 'a', n: '1' },
      ]
      await records.write(
        'p',
        rows.map((put) => ({ put })),
      )
      const list = async (prefix: Json[], desc = false) => {
        const found = await records.list('p', 'byUser', { prefix, limit: 9, desc })
        return found.rows.map(({ id }) => id)
      }
      expect(await list([])).toEqual(['2', '1', '5', '3', '4'])
      expect(await list(['a'])).toEqual(['2', '1', '5'])
      expect(await list(['a'], true)).toEqual(['5', '1', '2'])
      expect(await list(['a', 1])).toEqual(['2'])
      expect(await list(['a', '1'])).toEqual(['5'])
      expect(await list(['nobody'])).toEqual([])
      expect(await list([1])).toEqual([])
    })

    test('pages cover each record once, both ways, also while records are added', async ({ store }) => {
      const records = open(store)
      await records.write(
        'p',
        Array.from({ length: 25 }, (_, i) => ({ put: { id: `id${i}`, user: 'u', n: i % 4 } })),
      )
      for (const index of ['byUser', 'byN', null]) {
        for (const desc of [false, true]) {
          const seen: string[] = []
          let after: string | undefined
          do {
            const page = await records.list('p', index, { limit: 7, desc, ...(after !== undefined && { after }) })
            seen.push(...page.rows.map(({ id }) => id))
            await records.write('p', [{ put: { id: `new${index}${desc}${seen.length}`, user: 'z', n: 2 } }])
            after = page.next ?? undefined
          } while (after !== undefined)
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen.filter((id) => id.startsWith('id')).length).toBe(25)
        }
      }
    })

    test('goes on from a place whose record is gone', async ({ store }) => {
      const records = open(store)
      await records.write(
        'p',
        ['a', 'b', 'c', 'd'].map((id) => ({ put: { id, n: 1 } })),
      )
      for (const index of ['byN', null]) {
        const first = await records.list('p', index, { limit: 2 })
        await records.write('p', [{ del: 'b' }])
        const second = await records.list('p', index, { limit: 2, ...(first.next !== null && { after: first.next }) })
        expect(second).toMatchObject({ rows: [{ id: 'c' }, { id: 'd' }], next: null })
        await records.write('p', [{ put: { id: 'b', n: 1 } }])
      }
    })

    test('an index follows every change', async ({ store }) => {
      const records = open(store)
      await records.write('p', [{ put: { id: 'x', n: 1 } }])
      await records.write('p', [{ put: { id: 'x', n: 5 } }])
      expect((await records.list('p', 'byN', { prefix: [1], limit: 9 })).rows).toEqual([])
      await records.write('p', [{ inc: { id: 'x', by: { n: 1 } } }])
      expect((await records.list('p', 'byN', { prefix: [6], limit: 9 })).rows).toEqual([{ id: 'x', n: 6, rev: 3 }])
      await records.write('p', [{ del: 'x' }])
      expect((await records.list('p', 'byN', { limit: 9 })).rows).toEqual([])
    })

    test('an index that is declared later finds what is there', async ({ store }) => {
      const before = store.records({ name: 'grown', indexes: {} })
      await before.write('p', [{ put: { id: 'a', n: 2 } }, { put: { id: 'b', n: 1 } }])
      const after = store.records({ name: 'grown', indexes: { byN: ['n'] } })
      expect((await after.list('p', 'byN', { limit: 9 })).rows.map(({ id }) => id)).toEqual(['b', 'a'])
    })

    test('refuse an index nobody declared and a field that has no order', async ({ store }) => {
      const records = open(store)
      for (const index of ['nope', '__proto__', 'constructor']) {
        await expect(records.list('p', index, { limit: 1 })).rejects.toThrow(TypeError)
      }
      for (const n of [[1], { a: 1 }]) {
        await expect(records.write('p', [{ put: { id: 'ok' } }, { put: { id: 'x', n } }])).rejects.toThrow(TypeError)
      }
      expect(await records.get('p', 'ok')).toBe(null)
    })

    const seed = freshSeed()
    test(`agree with a plain list after random writes (seed ${seed})`, async ({ store }) => {
      const random = createRandom(seed)
      const records = open(store)
      const model = new Map<string, StoredRecord>()
      const ids = ['a', 'b', 'c', 'd', 'e'] as const
      for (let i = 0; i < 120; i++) {
        const id = random.pick(ids)
        const present = model.get(id)
        const n = random.int(4)
        if (random.percent(50)) {
          const user = random.pick(['x', 'y'])
          expect(await records.write('p', [{ put: { id, n, user } }])).toEqual(['ok'])
          model.set(id, { id, n, user, rev: (present?.rev ?? 0) + 1 })
        } else if (random.percent(60)) {
          const guard = { field: 'n', max: 5 }
          const [result] = await records.write('p', [{ inc: { id, by: { n }, guard } }])
          const sum = Number(present?.['n']) + n
          expect(result, `seed ${seed}`).toBe(!present ? 'missing' : sum > 5 ? 'guard' : 'ok')
          if (present && sum <= 5) model.set(id, { ...present, n: sum, rev: present.rev + 1 })
        } else {
          expect(await records.write('p', [{ del: id }])).toEqual([present ? 'ok' : 'missing'])
          model.delete(id)
        }
        const byId = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
        const byN = byId.toSorted((a, b) => Number(a['n']) - Number(b['n']))
        expect((await records.list('p', null, { limit: 9 })).rows, `seed ${seed}`).toEqual(byId)
        expect((await records.list('p', 'byN', { limit: 9 })).rows, `seed ${seed}`).toEqual(byN)
      }
    })
  })
}

function open(store: Fixture['store']): Records {
  return store.records({ name: 'things', indexes: { byN: ['n'], byUser: ['user', 'n'] } })
}
