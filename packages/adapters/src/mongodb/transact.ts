import type { Ms } from '@confab/core/ports'
import {
  isAllDown,
  isConflict,
  isDuplicate,
  isPassing,
  isSurelyUncommitted,
  toStoreError,
  unavailableError,
} from './errors.ts'
import type { Connection, MongoClientLike, MongoDatabase, MongoSession } from './client.ts'

const firstPauseMs = 5
const pauseGrowth = 1.7
/** Other writers are done soon; an election takes seconds. */
const longestPauseMs = { conflict: 80, failure: 400 }
const mostDuplicates = 20

/**
 * Said in each call and not left to the connection string: an acknowledged write is on the disks of a majority, and
 * nothing is read that could still be rolled back.
 */
const concerns = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
}
const transactionOptions = {
  readPreference: 'primary',
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
}
/** Whatever the client was set to: plain numbers and strings come out. */
const plainValues = {
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  raw: false,
  ignoreUndefined: false,
  fieldsAsRaw: {},
}

/** The database, through a session that sees everything this store has been told was written. */
export interface Access {
  readonly db: MongoDatabase
  readonly session: MongoSession
}

export interface Runner {
  /** Reads, or writes that may be repeated: again from the start after a passing failure. */
  run<T>(work: (access: Access) => Promise<T>, limitMs?: Ms): Promise<T>
  /**
   * All or nothing. `work` runs again after a conflict or a passing failure; a result that got lost is asked for until
   * the server says what became of it, so the answer is never a guess.
   */
  transact<T>(work: (access: Access) => Promise<T>, limitMs?: Ms): Promise<T>
  close(): Promise<void>
}

/** @param usualLimitMs how long a call may take with everything that it tries again */
export function createRunner(connection: Connection, database: string, usualLimitMs: Ms): Runner {
  // A new primary may not know yet that the newest entries are on a majority: a session that has seen them makes it wait
  // until it does. This session runs nothing, it only keeps the newest time that any call has seen.
  let clock: MongoSession | null = null

  function open(client: MongoClientLike): Access {
    const session = client.startSession({ causalConsistency: true })
    if (clock) advance(session, clock)
    return { db: client.db(database, { ...concerns, ...plainValues }), session }
  }

  /** Each try has a session of its own, so that nothing of a broken one is left in it. */
  async function inSession<T>(client: MongoClientLike, work: (access: Access) => Promise<T>): Promise<T> {
    const access = open(client)
    try {
      const result = await work(access)
      clock ??= client.startSession()
      advance(clock, access.session)
      return result
    } finally {
      // Also tells the server to give up a transaction that was left open; nobody has to wait for that.
      access.session.endSession().catch(() => {})
    }
  }

  async function repeat<T>(limitMs: Ms, attempt: (client: MongoClientLike, deadline: Ms) => Promise<T>): Promise<T> {
    const deadline = performance.now() + limitMs
    const client = await connection.client()
    async function tryOn(): Promise<T> {
      for (let tries = 0; ; tries++) {
        try {
          return await attempt(client, deadline)
        } catch (error) {
          if (error instanceof UnknownResult)
            throw isConflict(error.cause) ? unavailableError(error.cause) : error.cause
          if (!isPassing(error) && !isConflict(error)) throw error
          if (isDuplicate(error) && tries >= mostDuplicates) throw error
          await pause(tries, deadline, error)
        }
      }
    }
    try {
      return await inTime(tryOn(), deadline)
    } catch (error) {
      throw toStoreError(error)
    }
  }

  return {
    run: (work, limitMs = usualLimitMs) => repeat(limitMs, (client) => inSession(client, work)),
    transact: (work, limitMs = usualLimitMs) =>
      repeat(limitMs, (client, deadline) =>
        inSession(client, async (access) => {
          access.session.startTransaction(transactionOptions)
          const result = await work(access)
          await commit(access.session, deadline)
          return result
        }),
      ),
    async close() {
      await clock?.endSession()
    },
  }
}

/** The commit was sent and its result could not be learned: beginning again could do everything twice. */
class UnknownResult extends Error {}

/**
 * The server remembers what became of a transaction by session and number, also on a new primary, so asking again is
 * safe: https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#unknowntransactioncommitresult
 */
async function commit(session: MongoSession, deadline: Ms): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await session.commitTransaction()
      return
    } catch (error) {
      if (isSurelyUncommitted(error)) throw error
      // A primary that knows of no such transaction, but lost its role before a majority agreed, says so without the
      // label: the next one may know better.
      if (!isPassing(error) && !isConflict(error)) throw new UnknownResult('', { cause: error })
      try {
        await pause(tries, deadline, error)
      } catch (cause) {
        throw new UnknownResult('', { cause })
      }
    }
  }
}

function advance(session: MongoSession, { operationTime, clusterTime }: MongoSession): void {
  if (clusterTime !== undefined) session.advanceClusterTime(clusterTime)
  if (operationTime !== undefined) session.advanceOperationTime(operationTime)
}

/** Full jitter: those who met once do not meet again in step. Throws when there is no time, or no use in waiting. */
async function pause(tries: number, deadline: Ms, error: unknown): Promise<void> {
  const longest = isConflict(error) ? longestPauseMs.conflict : longestPauseMs.failure
  const ms = Math.random() * Math.min(longest, firstPauseMs * pauseGrowth ** tries)
  if (performance.now() + ms >= deadline || isAllDown(error)) throw error
  await new Promise((resolve) => setTimeout(resolve, ms))
}

/** A connection that stands still would hold a call for as long as it likes. */
async function inTime<T>(work: Promise<T>, deadline: Ms): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailableError()), deadline - performance.now() + longestPauseMs.failure)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
