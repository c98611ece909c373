import { closedError, StoreError } from '../store/errors.ts'

/**
 * What the server answers while it cannot serve for a moment: elections, shutdowns, lost peers. Names and meaning:
 * https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md
 */
const passingCodes = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  43, // CursorNotFound: the member died and is back, without the rest of our answer
  64, // WriteConcernFailed
  89, // NetworkTimeout
  91, // ShutdownInProgress
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  211, // KeyNotFound: a member that does not know yet the key that signs the cluster's time
  262, // ExceededTimeLimit
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
])

/** Two transactions met: one of them has to begin again. A duplicate is one that our snapshot could not show. */
const conflictCodes = new Set([
  24, // LockTimeout
  112, // WriteConflict
  225, // TransactionTooOld
  239, // SnapshotTooOld
  246, // SnapshotUnavailable
  251, // NoSuchTransaction
  11000, // DuplicateKey
])

// By name and not by class: the client may come from another copy of the driver.
const passingNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'PoolClearedOnNetworkError',
  'MongoServerSelectionError',
  'MongoOperationTimeoutError',
  'MongoWaitQueueTimeoutError',
  'WaitQueueTimeoutError',
])
const closedNames = new Set([
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
])

export function codeOf(error: unknown): number | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null
}

/**
 * The error and those it was made from. A trap of the driver (7.8): `bulkWrite` and `insertMany` wrap a lost connection
 * into a `MongoBulkWriteError`, whose name and code say nothing of it; the real one lies in `errorResponse`.
 */
function layers(error: unknown): Error[] {
  const found: Error[] = []
  let next = error
  while (next instanceof Error && found.length < 5) {
    found.push(next)
    next = 'errorResponse' in next && next.errorResponse instanceof Error ? next.errorResponse : next.cause
  }
  return found
}

function hasName(error: unknown, names: ReadonlySet<string>): boolean {
  return layers(error).some((layer) => names.has(layer.name))
}

function hasCode(error: unknown, codes: ReadonlySet<number>): boolean {
  return layers(error).some((layer) => codes.has(codeOf(layer) ?? 0))
}

function hasLabel(error: unknown, label: string): boolean {
  return layers(error).some(
    (layer) => 'errorLabels' in layer && Array.isArray(layer.errorLabels) && layer.errorLabels.includes(label),
  )
}

/** Another transaction was faster. */
export function isConflict(error: unknown): boolean {
  return hasCode(error, conflictCodes) || (hasLabel(error, 'TransientTransactionError') && !isPassing(error))
}

/**
 * The server or the way to it failed for a moment.
 *
 * A trap of the driver (7.8 and 6.22): after a primary died, only the first of the calls in flight gets a label; the
 * others come back as a plain `MongoNetworkError`, also out of `withTransaction`. So the name counts as well.
 */
export function isPassing(error: unknown): boolean {
  if (hasName(error, passingNames) || hasCode(error, passingCodes)) return true
  return hasLabel(error, 'RetryableWriteError') || hasLabel(error, 'UnknownTransactionCommitResult')
}

/** The server says for certain that the transaction was not committed, and never will be. */
export function isSurelyUncommitted(error: unknown): boolean {
  return hasLabel(error, 'TransientTransactionError')
}

/** No member of the set can be reached: an election will not help. */
export function isAllDown(error: unknown): boolean {
  return layers(error).some((layer) => {
    if (layer.name !== 'MongoServerSelectionError' || !('reason' in layer)) return false
    const { reason } = layer
    if (typeof reason !== 'object' || reason === null || !('servers' in reason)) return false
    if (!(reason.servers instanceof Map)) return false
    return [...reason.servers.values()].every((server: { readonly type?: unknown }) => server.type === 'Unknown')
  })
}

/** The same value twice in a unique index. Met by chance it goes away; one that stays is a mistake. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === 11000
}

export function unavailableError(cause?: unknown): StoreError {
  return new StoreError(
    'store_unavailable',
    'MongoDB cannot be reached, and what was asked may or may not have happened: ask again with the same idempotency key',
    cause,
  )
}

export function notMigratedError(cause?: unknown): StoreError {
  return new StoreError('store_failed', 'The database is not ready yet: call `migrate` first', cause)
}

/** Turns the driver's errors into a {@link StoreError}; a mistake in a call stays what it is. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error) || !error.name.startsWith('Mongo')) return error
  if (hasName(error, closedNames)) return closedError()
  if (error.message.includes('hint provided does not correspond to an existing index')) {
    return notMigratedError(error)
  }
  if (
    error.message.includes('Transaction numbers are only allowed') ||
    error.message.includes('does not support retryable writes')
  ) {
    return new StoreError('store_failed', 'The MongoDB server has no transactions: it must run as a replica set', error)
  }
  if (isPassing(error)) return unavailableError(error)
  if (isConflict(error)) return new StoreError('store_busy', 'Too many writers met in one place: try again', error)
  return new StoreError('store_failed', 'MongoDB refused in an unexpected way: see the cause', error)
}
