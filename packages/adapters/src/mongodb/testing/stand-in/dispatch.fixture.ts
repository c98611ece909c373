import { Binary, Long } from 'bson'
import {
  buildInfo,
  create,
  createIndexes,
  dropDatabase,
  hello,
  listCollections,
  listIndexes,
  replSetInitiate,
  replSetStepDown,
} from './admin-commands.fixture.ts'
import { abort, chooseReadPoint, enterTransaction, sessionKey, timestamp } from './call.fixture.ts'
import type { Call, ServerState } from './call.fixture.ts'
import { errorLabels, errorReply, ServerError } from './errors.fixture.ts'
import { aggregate, find, getMore, killCursors } from './read-commands.fixture.ts'
import type { Member } from './replica-set.fixture.ts'
import { isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'
import {
  abortTransaction,
  commitTransaction,
  dropCollection,
  findAndModify,
  insert,
  remove,
  update,
} from './write-commands.fixture.ts'

interface Command {
  /** Fields of its own; those of every command come on top. */
  readonly fields: readonly string[]
  readonly needs: 'nothing' | 'read' | 'primary'
  readonly inTransaction: boolean
  readonly run: (call: Call) => Doc | Promise<Doc>
}

const COMMON_FIELDS = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'txnNumber',
  'startTransaction',
  'autocommit',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
])

const ok = (): Doc => ({ ok: 1 })
const HELLO: Command = {
  fields: [
    'topologyVersion',
    'maxAwaitTimeMS',
    'client',
    'compression',
    'helloOk',
    'backpressure',
    'speculativeAuthenticate',
    'saslSupportedMechs',
  ],
  needs: 'nothing',
  inTransaction: false,
  run: hello,
}
const CURSOR_READ = ['filter', 'sort', 'projection', 'hint', 'skip', 'limit', 'batchSize', 'singleBatch']
const MODIFY = ['query', 'update', 'remove', 'new', 'fields', 'sort', 'upsert', 'hint']

const COMMANDS: { readonly [name: string]: Command | undefined } = {
  hello: HELLO,
  ismaster: HELLO,
  isMaster: HELLO,
  ping: { fields: [], needs: 'nothing', inTransaction: false, run: ok },
  buildInfo: { fields: [], needs: 'nothing', inTransaction: false, run: buildInfo },
  endSessions: { fields: [], needs: 'nothing', inTransaction: false, run: endSessions },
  replSetStepDown: {
    fields: ['secondaryCatchUpPeriodSecs', 'force'],
    needs: 'primary',
    inTransaction: false,
    run: replSetStepDown,
  },
  replSetInitiate: { fields: [], needs: 'nothing', inTransaction: false, run: replSetInitiate },
  find: { fields: CURSOR_READ, needs: 'read', inTransaction: true, run: find },
  aggregate: { fields: ['pipeline', 'cursor', 'hint'], needs: 'read', inTransaction: true, run: aggregate },
  getMore: { fields: ['collection', 'batchSize'], needs: 'read', inTransaction: true, run: getMore },
  killCursors: { fields: ['cursors'], needs: 'nothing', inTransaction: true, run: killCursors },
  insert: { fields: ['documents', 'ordered'], needs: 'primary', inTransaction: true, run: insert },
  update: { fields: ['updates', 'ordered'], needs: 'primary', inTransaction: true, run: update },
  delete: { fields: ['deletes', 'ordered'], needs: 'primary', inTransaction: true, run: remove },
  findAndModify: { fields: MODIFY, needs: 'primary', inTransaction: true, run: findAndModify },
  commitTransaction: { fields: ['recoveryToken'], needs: 'primary', inTransaction: true, run: commitTransaction },
  abortTransaction: { fields: ['recoveryToken'], needs: 'primary', inTransaction: true, run: abortTransaction },
  create: { fields: [], needs: 'primary', inTransaction: false, run: create },
  createIndexes: { fields: ['indexes', 'commitQuorum'], needs: 'primary', inTransaction: false, run: createIndexes },
  listIndexes: { fields: ['cursor'], needs: 'read', inTransaction: false, run: listIndexes },
  listCollections: {
    fields: ['filter', 'nameOnly', 'cursor', 'authorizedCollections'],
    needs: 'read',
    inTransaction: false,
    run: listCollections,
  },
  drop: { fields: [], needs: 'primary', inTransaction: false, run: dropCollection },
  dropDatabase: { fields: [], needs: 'primary', inTransaction: false, run: dropDatabase },
}

function endSessions(call: Call): Doc {
  const ended = call.body['endSessions']
  for (const lsid of Array.isArray(ended) ? ended : []) {
    const key = sessionKey({ lsid })
    const known = key === null ? undefined : call.server.sessions.get(key)
    if (known?.txn) abort(call.server, known.txn)
  }
  return { ok: 1 }
}

function checkRole(call: Call, command: Command): void {
  if (command.needs === 'nothing' || call.member.role === 'primary') return
  if (command.needs === 'primary' || call.body['autocommit'] === false)
    throw new ServerError('NotWritablePrimary', 'not primary')
  const preference = call.body['$readPreference']
  const mode = isPlain(preference) ? preference['mode'] : 'primary'
  if (mode === 'primary') throw new ServerError('NotPrimaryNoSecondaryOk', 'not primary and secondaryOk=false')
}

function checkFields(call: Call, command: Command): void {
  const inTransaction = call.body['autocommit'] === false
  for (const field of Object.keys(call.body)) {
    if (field === call.name || COMMON_FIELDS.has(field) || command.fields.includes(field)) continue
    throw new ServerError('UnknownField', `BSON field '${call.name}.${field}' is an unknown field.`)
  }
  if (!inTransaction) return
  if (!command.inTransaction) {
    throw new ServerError(
      'OperationNotSupportedInTransaction',
      `Cannot run '${call.name}' in a multi-document transaction.`,
    )
  }
  const finishes = call.name === 'commitTransaction' || call.name === 'abortTransaction'
  if (!finishes && call.body['writeConcern'] !== undefined) {
    throw new ServerError('InvalidOptions', 'writeConcern is not allowed within a multi-statement transaction')
  }
  if (finishes && call.database !== 'admin')
    throw new ServerError('IllegalOperation', `${call.name} may only be run against the admin database.`)
}

async function run(call: Call): Promise<Doc> {
  const command = COMMANDS[call.name]
  if (command === undefined) throw new ServerError('CommandNotFound', `no such command: '${call.name}'`)
  checkFields(call, command)
  checkRole(call, command)
  enterTransaction(call)
  const firstInTransaction = call.body['startTransaction'] === true
  if (command.needs !== 'nothing' && (call.txn === null || firstInTransaction)) await chooseReadPoint(call)
  if (call.txn !== null && !call.server.set.openTxns.has(call.txn)) {
    throw new ServerError('NoSuchTransaction', 'Transaction has been aborted.')
  }
  return await command.run(call)
}

/** One command from its document to the document that answers it. */
export async function dispatch(server: ServerState, member: Member, body: Doc): Promise<Doc> {
  const name = Object.keys(body)[0] ?? ''
  let call: Call | undefined
  let reply: Doc
  try {
    if (typeof body['$db'] !== 'string')
      throw new ServerError('MissingField', "BSON field 'OpMsg.$db' is missing but a required field")
    call = {
      server,
      member,
      life: member.life,
      database: body['$db'],
      name,
      body,
      session: sessionKey(body),
      txn: null,
      retryNumber: null,
      readAt: 0,
    }
    reply = await run(call)
  } catch (error) {
    const finishes = name === 'commitTransaction' || name === 'abortTransaction'
    // Any error ends the transaction it happened in.
    if (call?.txn && !finishes) abort(server, call.txn)
    const code = error instanceof ServerError ? error.code : 1
    const inTransaction = body['autocommit'] === false
    reply = errorReply(
      error,
      errorLabels(code, { inTransaction, finishes, retryable: body['txnNumber'] !== undefined && !inTransaction }),
    )
  }
  if (!server.replicated) return reply
  const seq = call?.txn === null && call.readAt > 0 && reply['cursor'] !== undefined ? call.readAt : member.applied
  const time = timestamp(server, Math.max(seq, 1))
  const signature = { hash: new Binary(new Uint8Array(20)), keyId: Long.ZERO }
  return { ...reply, operationTime: time, $clusterTime: { clusterTime: time, signature } }
}
