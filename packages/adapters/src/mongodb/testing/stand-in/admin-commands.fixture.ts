import { Long, ObjectId } from 'bson'
import type { Call } from './call.fixture.ts'
import { timestamp, waitFor, writeConcern } from './call.fixture.ts'
import { collectionFor, createCollection, createIndex, describeIndex, findCollection } from './collections.fixture.ts'
import { namespaceOf } from './data.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { MAX_DOCUMENT_BYTES, isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'
import { MAX_MESSAGE_BYTES } from './wire.fixture.ts'

/** What version 5.0 says of itself. */
const WIRE_VERSION = 13
const VERSION = '5.0.0-stand-in'
const processId = new ObjectId()
const epoch = new ObjectId('7fffffff0000000000000000')
let topologyCounter = 0
let topologyState = ''

function describe(call: Call): Doc {
  const { server, member } = call
  const { set } = server
  const common = {
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    logicalSessionTimeoutMinutes: 30,
    readOnly: false,
    helloOk: true,
    ok: 1,
  }
  if (!server.replicated) return { isWritablePrimary: true, ismaster: true, ...common }
  const leads = member.role === 'primary'
  const primary = set.primary()
  const electionId = new ObjectId(epoch.toHexString().slice(0, 8) + set.term().toString(16).padStart(16, '0'))
  const opTime = (seq: number): Doc => ({ ts: timestamp(server, seq), t: Long.fromNumber(set.term()) })
  return {
    setName: set.name,
    setVersion: 1,
    hosts: set.members.map(({ address }) => address),
    me: member.address,
    ...(primary === null || primary.role !== 'primary' ? {} : { primary: primary.address }),
    ...(leads ? { electionId } : {}),
    isWritablePrimary: leads,
    ismaster: leads,
    secondary: member.role === 'secondary',
    lastWrite: {
      opTime: opTime(member.applied),
      lastWriteDate: new Date(),
      majorityOpTime: opTime(member.majority),
      majorityWriteDate: new Date(),
    },
    topologyVersion: { processId, counter: Long.fromNumber(topologyVersion(call)) },
    ...common,
  }
}

/** Raised whenever a role changes, so that a hello that waits is answered. */
function topologyVersion(call: Call): number {
  const state = call.server.set.members.map(({ role }) => role).join() + String(call.server.set.term())
  if (state !== topologyState) {
    topologyState = state
    topologyCounter++
  }
  return topologyCounter
}

export async function hello(call: Call): Promise<Doc> {
  const seen = call.body['topologyVersion']
  const wait = call.body['maxAwaitTimeMS']
  if (isPlain(seen) && typeof wait === 'number') {
    const counter = Number(seen['counter'])
    await waitFor(call, () => topologyVersion(call) !== counter, wait, false)
  }
  return describe(call)
}

export async function replSetStepDown(call: Call): Promise<Doc> {
  const seconds = call.body['replSetStepDown']
  if (typeof seconds !== 'number' || seconds <= 0) throw new ServerError('BadValue', 'stepdown period must be positive')
  if (seconds <= Number(call.body['secondaryCatchUpPeriodSecs'] ?? 10)) {
    throw new ServerError('BadValue', 'stepdown period must be longer than secondaryCatchUpPeriodSecs')
  }
  const { set } = call.server
  const place = set.data.log.length
  const others = set.members.filter((member) => member !== call.member)
  const caughtUp = (): boolean =>
    others.some((member) => member.role === 'secondary' && !member.paused && member.applied >= place)
  if (call.body['force'] !== true) {
    const catchUp = call.body['secondaryCatchUpPeriodSecs']
    const waited = await waitFor(call, caughtUp, (typeof catchUp === 'number' ? catchUp : 10) * 1000, true)
    if (waited === 'late')
      throw new ServerError('ExceededTimeLimit', 'No electable secondaries caught up as of the time limit')
  }
  set.stepDown(call.member, seconds * 1000)
  return { ok: 1 }
}

/** The stand-in is a set from its start: it only agrees to be what it is. */
export function replSetInitiate(call: Call): Doc {
  const config = call.body['replSetInitiate']
  const members = isPlain(config) && Array.isArray(config['members']) ? config['members'] : []
  const hosts = members.map((member: unknown) => (isPlain(member) ? member['host'] : null))
  const { name, members: own } = call.server.set
  const same = isPlain(config) && config['_id'] === name && hosts.join() === own.map(({ address }) => address).join()
  if (!same) throw new ServerError('BadValue', `stand-in: it is the set ${name} of ${own.length} member(s)`)
  return { ok: 1 }
}

export function buildInfo(): Doc {
  return { version: VERSION, versionArray: [5, 0, 0, 0], ok: 1 }
}

export async function create(call: Call): Promise<Doc> {
  const name = String(call.body['create'])
  if (findCollection(call.server.set.data, call.database, name) !== null) {
    throw new ServerError('NamespaceExists', `Collection already exists. NS: ${call.database}.${name}`)
  }
  createCollection(call.server.set.data, call.database, name)
  return { ok: 1, ...(await writeConcern(call, call.server.set.data.log.length)) }
}

export async function createIndexes(call: Call): Promise<Doc> {
  const { data } = call.server.set
  const created = findCollection(data, call.database, call.body['createIndexes']) === null
  const indexes = call.body['indexes']
  if (!Array.isArray(indexes) || indexes.length === 0)
    throw new ServerError('BadValue', 'Must specify at least one index to create')
  const collection = collectionFor(call, call.body['createIndexes'], true)
  const numIndexesBefore = collection.indexes.size
  for (const spec of indexes) createIndex(collection, spec)
  return {
    numIndexesBefore,
    numIndexesAfter: collection.indexes.size,
    createdCollectionAutomatically: created,
    ok: 1,
    ...(await writeConcern(call, data.log.length)),
  }
}

export function listIndexes(call: Call): Doc {
  const collection = findCollection(call.server.set.data, call.database, call.body['listIndexes'])
  const ns = namespaceOf(call.database, call.body['listIndexes'])
  if (collection === null) throw new ServerError('NamespaceNotFound', `ns does not exist: ${ns}`)
  return { cursor: { id: 0n, ns, firstBatch: [...collection.indexes.values()].map(describeIndex) }, ok: 1 }
}

export function listCollections(call: Call): Doc {
  const filter = isPlain(call.body['filter']) ? call.body['filter'] : {}
  const unknown = Object.keys(filter).filter((name) => name !== 'name')
  if (unknown.length > 0) throw new ServerError('BadValue', `stand-in: listCollections by ${unknown.join()}`)
  const firstBatch = [...call.server.set.data.collections.values()]
    .filter(
      ({ database, name }) => database === call.database && (filter['name'] === undefined || filter['name'] === name),
    )
    .map(({ name }) => ({
      name,
      type: 'collection',
      options: {},
      info: { readOnly: false },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    }))
  return { cursor: { id: 0n, ns: `${call.database}.$cmd.listCollections`, firstBatch }, ok: 1 }
}

export function dropDatabase(call: Call): Doc {
  for (const [namespace, { database }] of call.server.set.data.collections) {
    if (database === call.database) call.server.set.data.collections.delete(namespace)
  }
  return { dropped: call.database, ok: 1 }
}
