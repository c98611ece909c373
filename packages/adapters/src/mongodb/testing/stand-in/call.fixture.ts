import { Binary, Timestamp } from 'bson'
import type { Txn } from './data.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import type { Member, ReplicaSet } from './replica-set.fixture.ts'
import { isPlain } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'
import { abortWrites, Blocked } from './writes.fixture.ts'

/** One command on its way through one member. */
export interface Call {
  readonly server: ServerState
  readonly member: Member
  readonly life: number
  readonly database: string
  readonly name: string
  readonly body: Doc
  readonly session: string | null
  /** The transaction it belongs to. */
  txn: Txn | null
  /** Number of a retryable write outside a transaction. */
  retryNumber: number | null
  /** Place in the log that it reads at. */
  readAt: number
}

export interface OpenCursor {
  readonly namespace: string
  /** It ends with the process that it was opened in. */
  readonly member: Member
  readonly life: number
  rest: Doc[]
}

export interface ServerState {
  readonly set: ReplicaSet
  /** `false`: a server of its own, which has no transactions. */
  readonly replicated: boolean
  readonly sessions: Map<string, { number: number; txn: Txn | null }>
  readonly cursors: Map<number, OpenCursor>
  readonly transactionLifeMs: number
  readonly startedSeconds: number
  nextCursor: number
}

const DEFAULT_WAIT_MS = 30_000

export function timestamp(state: ServerState, seq: number): Timestamp {
  return new Timestamp({ t: state.startedSeconds, i: seq })
}

export function sessionKey(body: Doc): string | null {
  const lsid = body['lsid']
  if (lsid === undefined) return null
  const id = isPlain(lsid) ? lsid['id'] : undefined
  if (!(id instanceof Binary) || id.sub_type !== Binary.SUBTYPE_UUID)
    throw new ServerError('TypeMismatch', 'lsid.id must be a UUID')
  return id.toString('hex')
}

/** Waits for a condition on the set. Rejects when this member is no longer what it was, or when the time is up. */
export async function waitFor(
  call: Call,
  ready: () => boolean,
  ms: number,
  mustLead: boolean,
): Promise<'ready' | 'late'> {
  const { set } = call.server
  const lost = (): boolean =>
    call.member.life !== call.life || (mustLead && !call.member.paused && call.member.role !== 'primary')
  if (ready()) return 'ready'
  return await new Promise((resolve, reject) => {
    const stop = set.onChange(check)
    const timer = setTimeout(() => finish(() => resolve('late')), ms)
    function finish(how: () => void): void {
      stop()
      clearTimeout(timer)
      how()
    }
    function check(): void {
      if (lost()) finish(() => reject(new ServerError('InterruptedDueToReplStateChange', 'operation was interrupted')))
      else if (ready()) finish(() => resolve('ready'))
    }
    check()
  })
}

/** A member refuses to wait for a time that neither it nor the caller's `$clusterTime` vouches for. */
function checkKnownTime(call: Call, after: Timestamp): void {
  const told = call.body['$clusterTime']
  const known = isPlain(told) && told['clusterTime'] instanceof Timestamp ? told['clusterTime'] : null
  if (known !== null && after.lessThanOrEqual(known)) return
  if (after.lessThanOrEqual(timestamp(call.server, call.member.applied))) return
  throw new ServerError(
    'InvalidOptions',
    'readConcern afterClusterTime value must not be greater than the current clusterTime.',
  )
}

/** Where a read outside a transaction looks: the place that its read concern names, once this member has it. */
export async function chooseReadPoint(call: Call): Promise<void> {
  const concern = call.body['readConcern']
  const { member } = call
  const level = isPlain(concern) ? (concern['level'] ?? 'local') : 'local'
  const place = (): number => (level === 'local' || level === 'available' ? member.applied : member.majority)
  if (isPlain(concern)) {
    const after = concern['afterClusterTime'] ?? concern['atClusterTime']
    if (after instanceof Timestamp) {
      checkKnownTime(call, after)
      const outcome = await waitFor(call, () => place() >= after.i, DEFAULT_WAIT_MS, false)
      if (outcome === 'late') throw new ServerError('MaxTimeMSExpired', 'operation exceeded time limit')
    }
    if (concern['atClusterTime'] instanceof Timestamp) {
      call.readAt = concern['atClusterTime'].i
      return
    }
    if (level === 'linearizable') {
      const now = call.server.set.data.log.length
      await waitFor(call, () => member.majority >= now, DEFAULT_WAIT_MS, true)
    }
  }
  call.readAt = place()
}

function noSuchTransaction(number: number, active: number): ServerError {
  return new ServerError(
    'NoSuchTransaction',
    `Given transaction number ${number} does not match any in-progress transactions. The active transaction number is ${active}`,
  )
}

function begin(call: Call, session: string, number: number): Txn {
  const { server } = call
  let finish = (): void => {}
  const done = new Promise<void>((resolve) => (finish = resolve))
  const txn: Txn = {
    session,
    number,
    snapshot: call.member.applied,
    writes: new Map(),
    made: [],
    done,
    finish,
  }
  server.set.openTxns.add(txn)
  const timer = setTimeout(() => abort(server, txn), server.transactionLifeMs)
  timer.unref()
  void done.then(() => clearTimeout(timer))
  return txn
}

export function abort(server: ServerState, txn: Txn): void {
  if (!server.set.openTxns.delete(txn)) return
  abortWrites(txn)
  for (const { namespace, rows } of txn.made) if (rows.size === 0) server.set.data.collections.delete(namespace)
}

/** Finds or opens the transaction that a command belongs to, or notes the number of a retryable write. */
export function enterTransaction(call: Call): void {
  const { body, server, session } = call
  const number = body['txnNumber']
  if (number === undefined) {
    if (body['autocommit'] !== undefined || body['startTransaction'] !== undefined) {
      throw new ServerError('InvalidOptions', "'autocommit' and 'startTransaction' need 'txnNumber'")
    }
    return
  }
  if (!server.replicated) {
    throw new ServerError('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos')
  }
  if (session === null)
    throw new ServerError('InvalidOptions', 'Transaction number requires a session ID to also be specified')
  if (typeof number !== 'number') throw new ServerError('TypeMismatch', 'txnNumber must be a number')
  const known = server.sessions.get(session) ?? { number: -1, txn: null }
  server.sessions.set(session, known)
  if (number < known.number) {
    throw new ServerError(
      'TransactionTooOld',
      `Cannot start transaction ${number} because a newer transaction ${known.number} has already started`,
    )
  }
  if (number > known.number) {
    if (known.txn !== null) abort(server, known.txn)
    known.txn = null
  }
  if (body['autocommit'] === undefined) {
    known.number = number
    call.retryNumber = number
    return
  }
  if (body['autocommit'] !== false) throw new ServerError('InvalidOptions', "'autocommit' may only be false")
  if (body['startTransaction'] === true) {
    if (number === known.number)
      throw new ServerError('ConflictingOperationInProgress', 'The transaction has already started')
    known.number = number
    known.txn = begin(call, session, number)
  } else if (call.name !== 'commitTransaction' && call.name !== 'abortTransaction') {
    if (body['readConcern'] !== undefined)
      throw new ServerError('InvalidOptions', 'Only the first command in a transaction may specify a readConcern')
  }
  const open = known.number === number && known.txn !== null && server.set.openTxns.has(known.txn)
  if (!open && call.name !== 'commitTransaction' && call.name !== 'abortTransaction')
    throw noSuchTransaction(number, known.number)
  call.txn = open ? known.txn : null
}

export function noTransaction(call: Call): ServerError {
  return noSuchTransaction(Number(call.body['txnNumber']), call.server.sessions.get(call.session ?? '')?.number ?? -1)
}

export function requireTransaction(call: Call): never {
  throw noTransaction(call)
}

/** Runs one write, again whenever a transaction that it waited for has ended. */
export async function untilUnblocked<T>(call: Call, run: () => T): Promise<T> {
  const limit = Date.now() + (typeof call.body['maxTimeMS'] === 'number' ? call.body['maxTimeMS'] : DEFAULT_WAIT_MS)
  for (;;) {
    if (call.txn === null && (call.member.role !== 'primary' || call.member.life !== call.life)) {
      throw new ServerError('InterruptedDueToReplStateChange', 'operation was interrupted')
    }
    try {
      return run()
    } catch (error) {
      if (!(error instanceof Blocked)) throw error
      if (Date.now() >= limit) throw new ServerError('MaxTimeMSExpired', 'operation exceeded time limit')
      let timer: ReturnType<typeof setTimeout> | undefined
      const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, limit - Date.now())))
      await Promise.race([error.by.done, timeUp])
      clearTimeout(timer)
    }
  }
}

/** Waits as the write concern asks. The write has happened whatever comes of it. */
export async function writeConcern(call: Call, seq: number): Promise<Doc> {
  const concern = isPlain(call.body['writeConcern']) ? call.body['writeConcern'] : {}
  const { member, server } = call
  const w = concern['w'] ?? 'majority'
  const total = server.set.members.length
  for (const name of Object.keys(concern)) {
    if (!['w', 'j', 'wtimeout', 'provenance'].includes(name))
      throw new ServerError('FailedToParse', `unrecognized write concern field: ${name}`)
  }
  if (typeof w === 'number' && w > total) {
    return {
      writeConcernError: { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'Not enough data-bearing nodes' },
    }
  }
  const ready = (): boolean => {
    if (w === 'majority') return member.majority >= seq
    if (w === 0) return true
    if (typeof w !== 'number') throw new ServerError('BadValue', `unknown w: ${JSON.stringify(w)}`)
    const holders = server.set.members.filter((other) => other.applied >= seq && other.role !== 'down').length
    return holders >= w && (concern['j'] !== true || member.durable >= seq)
  }
  const wtimeout = typeof concern['wtimeout'] === 'number' && concern['wtimeout'] > 0 ? concern['wtimeout'] : 600_000
  try {
    if ((await waitFor(call, ready, wtimeout, true)) === 'ready') return {}
    return {
      writeConcernError: {
        code: 64,
        codeName: 'WriteConcernFailed',
        errmsg: 'waiting for replication timed out',
        errInfo: { wtimeout: true },
      },
    }
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    return {
      writeConcernError: { code: error.code, codeName: error.codeName, errmsg: error.message },
      ...(call.retryNumber !== null || call.name === 'commitTransaction'
        ? { errorLabels: ['RetryableWriteError'] }
        : {}),
    }
  }
}
