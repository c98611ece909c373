import type { Call } from './call.fixture.ts'
import { abort, noTransaction, requireTransaction, untilUnblocked, writeConcern } from './call.fixture.ts'
import { collectionFor, findCollection } from './collections.fixture.ts'
import type { Collection } from './data.fixture.ts'
import { errorReply, ServerError } from './errors.fixture.ts'
import { projector } from './match.fixture.ts'
import { changed, modified, upsertBase } from './modify.fixture.ts'
import { matching, optionalDoc } from './read-commands.fixture.ts'
import type { Found } from './read-commands.fixture.ts'
import { isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'
import { checkFree, commitWrites, insert as insertDoc, write } from './writes.fixture.ts'
import type { WriteScope } from './writes.fixture.ts'

const MAX_BATCH = 100_000

function batch(call: Call, field: string, known: readonly string[] | null): Doc[] {
  const items = call.body[field]
  if (!Array.isArray(items) || !items.every(isPlain))
    throw new ServerError('TypeMismatch', `${field} must be an array of objects`)
  if (items.length === 0 || items.length > MAX_BATCH) {
    throw new ServerError(
      'InvalidLength',
      `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${items.length} operations.`,
    )
  }
  for (const item of items) {
    for (const name of Object.keys(item)) {
      if (known !== null && !known.includes(name))
        throw new ServerError('UnknownField', `BSON field '${call.name}.${field}.${name}' is an unknown field.`)
    }
  }
  return items
}

function markOf(call: Call, statement: number): string | null {
  return call.retryNumber === null ? null : `${call.session ?? ''}:${call.retryNumber}:${statement}`
}

/** Runs one statement of a batch once, however often the driver sends it. */
async function once(call: Call, statement: number, run: (scope: WriteScope, remember: Doc) => void): Promise<Doc> {
  const { data } = call.server.set
  const mark = markOf(call, statement)
  const before = mark === null ? undefined : data.marks.get(mark)
  if (before !== undefined) return before.result
  const result: Doc = {}
  await untilUnblocked(call, () => {
    if (call.txn === null) call.readAt = call.member.applied
    for (const key of Object.keys(result)) delete result[key]
    run({ data, txn: call.txn, marks: mark === null ? [] : [[mark, result]] }, result)
    if (call.txn === null) call.server.set.wrote(call.member)
  })
  return result
}

async function runBatch(
  call: Call,
  items: readonly Doc[],
  each: (item: Doc, scope: WriteScope, result: Doc) => void,
): Promise<Doc> {
  const ordered = call.body['ordered'] !== false
  const results: Doc[] = []
  const writeErrors: Doc[] = []
  for (const [index, item] of items.entries()) {
    try {
      results.push({ ...(await once(call, index, (scope, result) => each(item, scope, result))), index })
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      const lost = error.codeName === 'InterruptedDueToReplStateChange' || error.codeName === 'WriteConflict'
      if (lost || error.codeName === 'MaxTimeMSExpired') throw error
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details })
      // In a transaction the whole batch has failed, and with it the transaction, although the answer says `ok: 1`.
      if (call.txn !== null) abort(call.server, call.txn)
      if (ordered || call.txn !== null) break
    }
  }
  const sum = (field: string): number => results.reduce((all, result) => all + Number(result[field] ?? 0), 0)
  const upserted = results.flatMap(({ index, upserted: id }) => (id === undefined ? [] : [{ index, _id: id }]))
  const concern = call.txn === null ? await writeConcern(call, call.server.set.data.log.length) : {}
  return {
    n: sum('n'),
    ...(call.name === 'update' ? { nModified: sum('modified') } : {}),
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
    ok: 1,
    ...concern,
  }
}

export async function insert(call: Call): Promise<Doc> {
  const collection = collectionFor(call, call.body['insert'], true)
  return await runBatch(call, batch(call, 'documents', null), (doc, scope, result) => {
    if (doc['_id'] === undefined) throw new ServerError('InvalidIdField', 'stand-in: a document without an _id')
    insertDoc(collection, doc, scope)
    result['n'] = 1
  })
}

function upsert(collection: Collection, filter: Doc, update: unknown, scope: WriteScope): Doc {
  const doc = modified(upsertBase(filter), update, true)
  if (doc['_id'] === undefined) throw new ServerError('InvalidIdField', 'stand-in: an upsert without an _id')
  insertDoc(collection, doc, scope)
  return doc
}

export async function update(call: Call): Promise<Doc> {
  const items = batch(call, 'updates', ['q', 'u', 'multi', 'upsert', 'hint'])
  const inserts = items.some((item) => item['upsert'] === true)
  const collection = collectionFor(call, call.body['update'], inserts)
  return await runBatch(call, items, (item, scope, result) => {
    const filter = optionalDoc(item['q'], 'q')
    const multi = item['multi'] === true
    if (multi && call.retryNumber !== null)
      throw new ServerError('InvalidOptions', 'Cannot use retryable writes with multi=true')
    const replacement = isPlain(item['u']) && !Object.keys(item['u']).some((name) => name.startsWith('$'))
    if (multi && replacement)
      throw new ServerError('FailedToParse', 'multi update is not supported for replacement-style update')
    const found = matching(call, collection, filter, { hint: item['hint'] })
    const chosen = multi ? found : found.slice(0, 1)
    if (chosen.length === 0 && item['upsert'] === true) {
      result['upserted'] = upsert(collection, filter, item['u'], scope)['_id']
      result['n'] = 1
      return
    }
    checkFree(
      chosen.map(({ row }) => row),
      scope.txn,
    )
    let nModified = 0
    for (const { row, doc } of chosen) {
      const after = modified(doc, item['u'], false)
      if (!changed(doc, after)) continue
      write(row, after, scope)
      nModified++
    }
    result['n'] = chosen.length
    result['modified'] = nModified
  })
}

export async function remove(call: Call): Promise<Doc> {
  const collection = collectionFor(call, call.body['delete'], false)
  return await runBatch(call, batch(call, 'deletes', ['q', 'limit', 'hint']), (item, scope, result) => {
    const limit = item['limit']
    if (limit !== 0 && limit !== 1)
      throw new ServerError('FailedToParse', 'The limit field in delete objects must be 0 or 1.')
    if (limit === 0 && call.retryNumber !== null)
      throw new ServerError('InvalidOptions', 'Cannot use retryable writes with limit=0')
    const found = matching(call, collection, optionalDoc(item['q'], 'q'), { hint: item['hint'] })
    const chosen = limit === 1 ? found.slice(0, 1) : found
    checkFree(
      chosen.map(({ row }) => row),
      scope.txn,
    )
    for (const { row } of chosen) write(row, null, scope)
    result['n'] = chosen.length
  })
}

export async function findAndModify(call: Call): Promise<Doc> {
  const { body } = call
  const collection = collectionFor(call, body['findAndModify'], body['upsert'] === true)
  const filter = optionalDoc(body['query'], 'query')
  const shown = projector(optionalDoc(body['fields'], 'fields'))
  const removing = body['remove'] === true
  if (removing === (body['update'] !== undefined))
    throw new ServerError('FailedToParse', "Either an update or 'remove' must be specified")
  const result = await once(call, 0, (scope, answer) => {
    const found: Found | undefined = matching(call, collection, filter, {
      hint: body['hint'],
      sort: optionalDoc(body['sort'], 'sort'),
    })[0]
    if (found === undefined) {
      const made = body['upsert'] === true ? upsert(collection, filter, body['update'], scope) : null
      answer['lastErrorObject'] = {
        n: made === null ? 0 : 1,
        updatedExisting: false,
        ...(made === null ? {} : { upserted: made['_id'] }),
      }
      answer['value'] = made !== null && body['new'] === true ? shown(made) : null
      return
    }
    const after = removing ? null : modified(found.doc, body['update'], false)
    if (after === null || changed(found.doc, after)) write(found.row, after, scope)
    answer['lastErrorObject'] = { n: 1, ...(removing ? {} : { updatedExisting: true }) }
    answer['value'] = shown(after !== null && body['new'] === true ? after : found.doc)
  })
  const concern = call.txn === null ? await writeConcern(call, call.server.set.data.log.length) : {}
  return { ...result, ok: 1, ...concern }
}

export async function commitTransaction(call: Call): Promise<Doc> {
  const { set } = call.server
  const mark = `${call.session ?? ''}:${Number(call.body['txnNumber'])}:commit`
  if (call.txn === null) {
    const done = set.data.marks.get(mark)
    if (done !== undefined) return { ok: 1, ...(await writeConcern(call, done.seq)) }
    // Only what a majority agrees to is said for certain, also of a transaction that does not exist.
    const doubt = await writeConcern(call, set.data.log.length)
    if (doubt['writeConcernError'] === undefined) return requireTransaction(call)
    return { ...errorReply(noTransaction(call), []), ...doubt }
  }
  set.openTxns.delete(call.txn)
  const seq = commitWrites(set.data, call.txn, mark)
  set.wrote(call.member)
  return { ok: 1, ...(await writeConcern(call, seq)) }
}

export function abortTransaction(call: Call): Doc {
  if (call.txn === null) {
    const mark = `${call.session ?? ''}:${Number(call.body['txnNumber'])}:commit`
    if (call.server.set.data.marks.has(mark))
      throw new ServerError('TransactionCommitted', 'Transaction has been committed')
    return requireTransaction(call)
  }
  abort(call.server, call.txn)
  return { ok: 1 }
}

/** Removes what the TTL indexes let expire by `now`, as the server's monitor does once a minute. */
export function expire(call: Call, now: number): number {
  let removed = 0
  for (const collection of call.server.set.data.collections.values()) {
    for (const { spec } of collection.indexes.values()) {
      if (spec.expireAfterSeconds === null) continue
      const limit = now - spec.expireAfterSeconds * 1000
      const field = Object.keys(spec.key)[0] ?? ''
      for (const { row, doc } of matching(call, collection, {}, {})) {
        const value = doc[field]
        if (!(value instanceof Date) || value.getTime() > limit || row.holder !== null) continue
        write(row, null, { data: call.server.set.data, txn: null, marks: [] })
        removed++
      }
    }
  }
  call.server.set.wrote(call.member)
  return removed
}

export function dropCollection(call: Call): Doc {
  const found = findCollection(call.server.set.data, call.database, call.body['drop'])
  if (found === null) throw new ServerError('NamespaceNotFound', 'ns not found')
  call.server.set.data.collections.delete(found.namespace)
  return { ns: found.namespace, nIndexesWas: found.indexes.size, ok: 1 }
}
