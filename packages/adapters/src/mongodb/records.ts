import type { RecordOp, RecordResult, Records, RecordSpec, StoredRecord } from '@confab/core/ports'
import {
  behindPrefix,
  fromHex,
  idKey,
  idRange,
  indexKey,
  indexRange,
  justBehind,
  recordKey,
  toHex,
} from '../store/record-key.ts'
import { applyRecordOp, recordIdOf } from '../store/record-ops.ts'
import type { Doc } from './client.ts'
import { find } from './queries.ts'
import { key, text } from './rows.ts'
import { index } from './schema.ts'
import type { Access, Runner } from './transact.ts'
import type { Turns } from './turns.ts'

/** So many records get their keys anew in one transaction. */
const rebuildAtOnce = 200

/**
 * The records of one collection: a document each, and one more for each of its places in an index. What a record holds
 * is stored as JSON text, so that no name or value of it can mean anything to the server; ids and keys are hex, which
 * the server orders as the bytes are.
 */
export function recordStore(runner: Runner, turns: Turns, spec: RecordSpec): Records {
  const indexes = Object.entries(spec.indexes)
  const declared = JSON.stringify(indexes.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  let isReady: Promise<void> | null = null

  const startOf = (...parts: readonly string[]): string => toHex(indexKey(parts))
  const docId = (part: string, id: string): string => startOf(spec.name, key(part)) + toHex(idKey(key(id)))

  function keysOf(part: string, record: StoredRecord): Doc[] {
    return indexes.map(([name, fields]) => ({
      _id: startOf(spec.name, part, name) + toHex(recordKey(record, fields)),
      part,
      r: docId(part, record.id),
    }))
  }

  async function whenReady(): Promise<void> {
    isReady ??= bringForward()
    try {
      await isReady
    } catch (error) {
      isReady = null
      throw error
    }
  }

  /** A collection whose indexes were declared otherwise when its records were written gets their keys anew. */
  async function bringForward(): Promise<void> {
    const filter = { _id: spec.name }
    const [known] = await runner.run((access) => find(access, 'record_specs', { filter }))
    if (known?.['indexes'] === declared) return
    let after = startOf(spec.name)
    const until = toHex(behindPrefix(indexKey([spec.name])))
    for (;;) {
      const last = await runner.transact((access) => rebuild(access, after, until))
      if (last === null) break
      after = last
    }
    await runner.run(({ db, session }) =>
      db.collection('record_specs').replaceOne(filter, { indexes: declared }, { upsert: true, session }),
    )
  }

  /** Returns the last id that was done, or `null` when there are none left. */
  async function rebuild(access: Access, after: string, until: string): Promise<string | null> {
    const { db, session } = access
    const filter = { _id: { $gt: after, $lt: until } }
    const found = await find(access, 'records', { filter, hint: index.id, sort: { _id: 1 }, limit: rebuildAtOnce })
    for (const doc of found) {
      const part = text(doc['part'])
      // Touched, so that a writer of the same record conflicts and does not add keys beside these.
      await db.collection('records').updateOne({ _id: doc['_id'], part }, { $set: { keys: declared } }, { session })
      await db.collection('record_keys').deleteMany({ part, r: doc['_id'] }, { session, hint: index.recordKeyOf })
      const added = keysOf(part, parse(doc))
      if (added.length > 0) await db.collection('record_keys').insertMany(added, { session })
    }
    return found.length < rebuildAtOnce ? null : text(found.at(-1)?.['_id'])
  }

  async function read(access: Access, part: string, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const filter = { part: key(part), _id: { $in: [...new Set(ids)] } }
    const found = await find(access, 'records', { filter, hint: index.record })
    return new Map(found.map((doc) => [text(doc['_id']), parse(doc)]))
  }

  async function writeOps(access: Access, part: string, ops: readonly RecordOp[]): Promise<RecordResult[]> {
    const { db, session } = access
    const stored = await read(
      access,
      part,
      ops.map((op) => docId(part, recordIdOf(op))),
    )
    const after = new Map<string, StoredRecord | null>()
    const results = ops.map((op): RecordResult => {
      const id = docId(part, recordIdOf(op))
      const present = after.has(id) ? after.get(id) : stored.get(id)
      const changed = applyRecordOp(present ?? null, op)
      if (typeof changed === 'string') return changed
      after.set(id, changed.record)
      return 'ok'
    })
    if (!results.every((result) => result === 'ok')) return results

    const docs: object[] = []
    const removed: string[] = []
    const added: Doc[] = []
    for (const [_id, record] of after) {
      const before = stored.get(_id)
      if (before) removed.push(...keysOf(part, before).map((entry) => text(entry['_id'])))
      if (record) {
        added.push(...keysOf(part, record))
        const doc = { part, doc: JSON.stringify(record) }
        docs.push(
          before
            ? { updateOne: { filter: { part, _id }, update: { $set: doc }, hint: index.record } }
            : { insertOne: { document: { _id, ...doc } } },
        )
      } else if (before) {
        docs.push({ deleteOne: { filter: { part, _id }, hint: index.record } })
      }
    }
    if (docs.length > 0) await db.collection('records').bulkWrite(docs, { session })
    if (removed.length > 0) {
      await db.collection('record_keys').deleteMany({ part, _id: { $in: removed } }, { session, hint: index.recordKey })
    }
    if (added.length > 0) await db.collection('record_keys').insertMany(added, { session })
    return results
  }

  return {
    get: (part, id) =>
      runner.run(async (access) => {
        const _id = docId(part, id)
        return (await read(access, part, [_id])).get(_id) ?? null
      }),

    async list(part, name, { prefix = [], after, limit, desc = false }) {
      if (name !== null && !Object.hasOwn(spec.indexes, name)) {
        throw new TypeError(`The collection \`${spec.name}\` declares no index of that name`)
      }
      await whenReady()
      const start = name === null ? startOf(spec.name, key(part)) : startOf(spec.name, key(part), name)
      const range = name === null ? idRange(prefix) : indexRange(prefix)
      const place = after === undefined ? null : fromHex(key(after))
      const from = start + toHex(place && !desc ? justBehind(place) : range.from)
      const until = start + toHex(place && desc ? place : range.until)
      const query = {
        filter: { part, _id: { $gte: from, $lt: until } },
        hint: index.record,
        sort: { _id: desc ? -1 : 1 } as const,
        limit: limit + 1,
      }
      return await runner.run(async (access) => {
        const found = await find(access, name === null ? 'records' : 'record_keys', query)
        const page = found.slice(0, limit)
        const last = page.at(-1)
        const next = found.length > limit && last ? text(last['_id']).slice(start.length) : null
        if (name === null) return { rows: page.map(parse), next }
        const records = await read(
          access,
          part,
          page.map((entry) => text(entry['r'])),
        )
        const fields = spec.indexes[name] ?? []
        const rows = page.flatMap((entry) => {
          // Between the two reads the record may have moved to another place: then it is not in this one any more.
          const record = records.get(text(entry['r']))
          return record && start + toHex(recordKey(record, fields)) === entry['_id'] ? [record] : []
        })
        return { rows, next }
      })
    },

    async write(part, ops) {
      await whenReady()
      return await turns.take(`records/${spec.name}/${part}`, () =>
        runner.transact((access) => writeOps(access, part, ops)),
      )
    },
  }
}

function parse(doc: Doc): StoredRecord {
  return JSON.parse(text(doc['doc'])) as StoredRecord
}
