import { Aggregator } from './mingo.fixture.ts'
import type { Call } from './call.fixture.ts'
import { timestamp } from './call.fixture.ts'
import { findCollection, hintedIndex } from './collections.fixture.ts'
import { candidates, namespaceOf, seenBy } from './data.fixture.ts'
import type { Collection, Row } from './data.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { matcher, projector, sorter } from './match.fixture.ts'
import { isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

const FIRST_BATCH = 101

export interface Found {
  readonly row: Row
  readonly doc: Doc
}

export function optionalDoc(value: unknown, what: string): Doc {
  if (value === undefined) return {}
  if (!isPlain(value)) throw new ServerError('TypeMismatch', `${what} must be an object`)
  return value
}

function optionalCount(value: unknown, what: string): number {
  if (value === undefined) return 0
  if (typeof value !== 'number' || value < 0 || !Number.isInteger(value))
    throw new ServerError('BadValue', `${what} must be a count`)
  return value
}

/**
 * What a filter finds. With the hint of a partial index it finds only what that index holds, like the server: a filter
 * that does not repeat the index's own silently loses documents.
 */
export function matching(
  call: Call,
  collection: Collection | null,
  filter: Doc,
  options: { hint?: unknown; sort?: Doc | undefined },
): Found[] {
  const test = matcher(filter)
  const order = sorter(options.sort ?? {})
  const index = hintedIndex(collection, options.hint)
  if (collection === null) return []
  const found: Found[] = []
  for (const row of candidates(collection, filter)) {
    const doc = seenBy(row, call.txn, call.readAt)
    if (doc !== null && (index === null || index.holds(doc)) && test(doc)) found.push({ row, doc })
  }
  return found.sort((a, b) => order(a.doc, b.doc))
}

function cursorReply(call: Call, namespace: string, docs: Doc[], batchSize: number, single: boolean): Doc {
  const firstBatch = docs.slice(0, batchSize)
  const rest = single ? [] : docs.slice(batchSize)
  let id = 0
  if (rest.length > 0) {
    id = call.server.nextCursor++
    call.server.cursors.set(id, { namespace, member: call.member, life: call.life, rest })
  }
  const concern = call.body['readConcern']
  const snapshot = isPlain(concern) && concern['level'] === 'snapshot' && call.txn === null
  return {
    cursor: {
      firstBatch,
      id: BigInt(id),
      ns: namespace,
      ...(snapshot ? { atClusterTime: timestamp(call.server, call.readAt) } : {}),
    },
    ok: 1,
  }
}

export function find(call: Call): Doc {
  const { body } = call
  const namespace = namespaceOf(call.database, body['find'])
  const collection = findCollection(call.server.set.data, call.database, body['find'])
  const found = matching(call, collection, optionalDoc(body['filter'], 'filter'), {
    hint: body['hint'],
    sort: optionalDoc(body['sort'], 'sort'),
  })
  const skip = optionalCount(body['skip'], 'skip')
  const limit = optionalCount(body['limit'], 'limit')
  const shown = projector(optionalDoc(body['projection'], 'projection'))
  const docs = found.slice(skip, limit === 0 ? undefined : skip + limit).map(({ doc }) => shown(doc))
  const batchSize = body['batchSize'] === undefined ? FIRST_BATCH : optionalCount(body['batchSize'], 'batchSize')
  return cursorReply(call, namespace, docs, batchSize, body['singleBatch'] === true)
}

export function aggregate(call: Call): Doc {
  const { body } = call
  const namespace = namespaceOf(call.database, body['aggregate'])
  const collection = findCollection(call.server.set.data, call.database, body['aggregate'])
  const pipeline = body['pipeline']
  if (!Array.isArray(pipeline) || !pipeline.every(isPlain))
    throw new ServerError('TypeMismatch', 'pipeline must be an array of objects')
  for (const stage of pipeline) {
    const names = Object.keys(stage)
    if (names.length !== 1)
      throw new ServerError('FailedToParse', 'A pipeline stage specification object must contain exactly one field.')
    if (!['$match', '$sort', '$limit', '$skip', '$project', '$group', '$count', '$set'].includes(names[0] ?? '')) {
      throw new ServerError('BadValue', `stand-in: unknown pipeline stage ${names[0] ?? ''}`)
    }
  }
  const first = pipeline[0]?.['$match']
  const filter = isPlain(first) ? first : {}
  const found = matching(call, collection, filter, { hint: body['hint'] }).map(({ doc }) => doc)
  const docs = new Aggregator(pipeline, {}).run(found)
  const cursor = optionalDoc(body['cursor'], 'cursor')
  return cursorReply(call, namespace, docs, optionalCount(cursor['batchSize'] ?? FIRST_BATCH, 'batchSize'), false)
}

export function getMore(call: Call): Doc {
  const id = Number(call.body['getMore'])
  const cursor = call.server.cursors.get(id)
  if (cursor === undefined || cursor.member !== call.member || cursor.life !== call.life)
    throw new ServerError('CursorNotFound', `cursor id ${id} not found`)
  const size = optionalCount(call.body['batchSize'], 'batchSize')
  const nextBatch = cursor.rest.splice(0, size === 0 ? cursor.rest.length : size)
  const more = cursor.rest.length > 0
  if (!more) call.server.cursors.delete(id)
  return { cursor: { nextBatch, id: BigInt(more ? id : 0), ns: cursor.namespace }, ok: 1 }
}

export function killCursors(call: Call): Doc {
  const ids = Array.isArray(call.body['cursors']) ? call.body['cursors'] : []
  const known = ids.filter((id) => call.server.cursors.delete(Number(id)))
  return {
    cursorsKilled: known,
    cursorsNotFound: ids.filter((id) => !known.includes(id)),
    cursorsAlive: [],
    cursorsUnknown: [],
    ok: 1,
  }
}
