import type { StoredRecord } from '../../ports/index.ts'
import type { StoreTests } from './fixture.ts'
import { ada, targetOf } from './fixture.ts'

/** Strings that have broken other stores: quotes, operators, names of prototypes, odd but well-formed Unicode. */
const hostile = [
  `'; DROP TABLE comment; --`,
  `"double" 'single' \`tick\` \\ back`,
  '$where',
  '{"$gt": ""}',
  '$__proto__.$set',
  '__proto__',
  'constructor',
  'toString',
  'a.b.c',
  '.',
  '%',
  '_%_',
  '?1 :name @x $y',
  'line\nbreak\r\ttab',
  '\u0001\u001b[31m\u007f\u0085',
  'e\u0301 is not \u00e9',
  '\u202eright to left\u202c',
  '\u200b\u200d\ufeff\u2060',
  '👩‍👩‍👧‍👦 🏳️‍🌈 𝕳𝖊𝖑𝖑𝖔',
  '\ufffd\uffff\ufdd0\u{10ffff}',
  'İıſK ß ŉ',
  '\u0e01'.repeat(50),
  'z\u0335\u0321\u034e'.repeat(20),
  'null',
  'NaN',
  '0',
  '-1',
  '1e999',
  '<script>alert(1)</script>&amp;&#0;',
  ' ',
  '[]',
] as const

export const hostileTests: StoreTests = ({ describe, test, expect }) => {
  describe('hostile strings', () => {
    test('come back unchanged from every field of a comment', async ({ store, thread, commit, createOp, now }) => {
      const ops = hostile.map((text) =>
        createOp({ source: text, html: text, replyTo: text, key: { scope: text, value: text, hash: text } }),
      )
      const { results } = await commit(ops)
      expect(results.every((result) => result.ok)).toBe(true)
      const rows = await store.rows(
        thread,
        ops.map(({ id }) => id),
      )
      expect(rows.map((row) => row && [row.source, row.html, row.replyTo])).toEqual(hostile.map((t) => [t, t, t]))

      const edits = await commit(
        ops.map(({ id, source }) => ({
          op: 'edit',
          id,
          ifRev: 1,
          source: `${source}!`,
          html: source,
          by: source,
          at: now(),
        })),
      )
      expect(edits.events.map(({ actor }) => actor)).toEqual([...hostile])
      for (const { id, source } of ops) {
        expect(await store.revisions(thread, id)).toMatchObject([{ source, by: source }])
      }
      const repeats = await commit(ops.map((op) => ({ ...op, id: `${op.id}x` })))
      expect(repeats.results.every((result) => result.ok && result.repeat)).toBe(true)
    })

    test('come back unchanged from every field of a thread', async ({
      store,
      commit,
      createOp,
      apply,
      now,
      threadRow,
    }) => {
      for (const text of hostile) {
        const target = { ...(await targetOf('blog', text)), url: text, title: text }
        await commit([createOp()], {}, target)
        expect(await threadRow(target)).toMatchObject({ key: text, url: text, title: text, total: 1 })
        await apply({ op: 'thread', set: { title: `${text}!`, url: `${text}!` }, by: text, at: now() }, {}, target)
        expect(await threadRow(target)).toMatchObject({ url: `${text}!`, title: `${text}!`, ver: 2 })
        expect(await store.events.since(target, 1, 5)).toMatchObject([{ actor: text }])
      }
    })

    test('come back unchanged from every field of a user, and are told apart as ids', async ({
      store,
      thread,
      add,
    }) => {
      for (const text of hostile) {
        await store.users.put({ ...ada, id: text, name: text, avatar: text, website: text, email: text })
      }
      const users = await store.users.get('blog', hostile)
      expect(users.map((found) => found && [found.id, found.name, found.avatar, found.website, found.email])).toEqual(
        hostile.map((t) => [t, t, t, t, t]),
      )
      for (const text of hostile) {
        const comment = await add({ author: text })
        expect(comment.author).toEqual({ id: text, name: text, avatar: text, website: text, role: 'member' })
        expect(await store.mine(thread, text, 10)).toEqual([comment])
        expect(await store.list({ by: 'author', site: 'blog', user: text, limit: 10 })).toEqual([comment])
      }
    })

    test('are told apart as sites', async ({ store, createOp, commit }) => {
      for (const site of hostile) {
        await store.users.put({ ...ada, site })
        await commit([createOp()], {}, await targetOf(site, '/'))
      }
      for (const site of hostile) {
        expect(await store.list({ by: 'site', site, limit: 10 })).toMatchObject([{ author: { id: ada.id } }])
        expect(await store.listThreads(site, { limit: 10 })).toMatchObject([{ site, key: '/', total: 1 }])
      }
    })

    test('find nothing when they are asked for', async ({ store, thread, add }) => {
      await add()
      for (const text of hostile) {
        expect(await store.rows(thread, [text])).toEqual([null])
        expect(await store.replies(thread, [text], 5)).toEqual(new Map())
        expect(await store.mine(thread, text, 5)).toEqual([])
        expect(await store.siteOf(text)).toBe(null)
        expect(await store.threads('blog', [text])).toEqual([null])
        expect(await store.users.get('blog', [text])).toEqual([null])
        expect(await store.page({ ...thread, parent: text, sort: 'newest', limit: 5 })).toMatchObject({ rows: [] })
      }
    })

    test('come back unchanged from records: as part, collection, id, field and value', async ({ store }) => {
      for (const text of hostile) {
        const records = store.records({ name: text, indexes: { [text]: [text] } })
        const fields = [`${text} `, text].map((field) => [field, text] as const)
        const record = { ...Object.fromEntries(fields), id: text, rev: 1 }
        expect(await records.write(text, [{ put: record }]), text).toEqual(['ok'])
        const expected = JSON.stringify(record, Object.keys(record).sort())
        const ordered = (found: StoredRecord | null | undefined) =>
          found && JSON.stringify(found, Object.keys(found).sort())
        expect(ordered(await records.get(text, text)), text).toBe(expected)
        expect(ordered((await records.list(text, null, { limit: 5 })).rows[0]), text).toBe(expected)
        expect(ordered((await records.list(text, text, { prefix: [text], limit: 5 })).rows[0]), text).toBe(expected)
        expect((await records.list(text, text, { prefix: [`${text}.`], limit: 5 })).rows, text).toEqual([])
      }
    })

    test('are counted as fields of records', async ({ store }) => {
      const records = store.records({ name: 'counted', indexes: {} })
      await records.write('p', [{ put: { id: 'x' } }])
      for (const field of hostile) {
        const by = Object.fromEntries([[field, 2]])
        const inc = { id: 'x', by, guard: { field, max: 3 } }
        expect(await records.write('p', [{ inc }]), field).toEqual(['ok'])
        expect(await records.write('p', [{ inc }]), field).toEqual(['guard'])
      }
      const record = await records.get('p', 'x')
      expect(record && hostile.map((field) => Object.getOwnPropertyDescriptor(record, field)?.value)).toEqual(
        hostile.map(() => 2),
      )
    })
  })
}
