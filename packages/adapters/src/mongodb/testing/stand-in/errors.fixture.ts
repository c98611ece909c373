import type { Doc } from './wire.fixture.ts'

/** The codes that this stand-in answers, by the names the real server gives them. */
export const CODES = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  InvalidLength: 16,
  ProtocolError: 17,
  IllegalOperation: 20,
  InvalidIdField: 53,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  CommandNotFound: 59,
  WriteConcernFailed: 64,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  ConflictingUpdateOperators: 40,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  ShutdownInProgress: 91,
  UnsatisfiableWriteConcern: 100,
  WriteConflict: 112,
  ConflictingOperationInProgress: 117,
  PrimarySteppedDown: 189,
  TransactionTooOld: 225,
  NoSuchTransaction: 251,
  TransactionCommitted: 256,
  ExceededTimeLimit: 262,
  OperationNotSupportedInTransaction: 263,
  NotWritablePrimary: 10107,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  InterruptedDueToReplStateChange: 11602,
  NotPrimaryNoSecondaryOk: 13435,
  UnknownField: 40415,
  MissingField: 40414,
} as const

export type CodeName = keyof typeof CODES

const RETRYABLE_WRITE = new Set<number>([
  CODES.ShutdownInProgress,
  CODES.PrimarySteppedDown,
  CODES.ExceededTimeLimit,
  CODES.NotWritablePrimary,
  CODES.InterruptedDueToReplStateChange,
  CODES.NotPrimaryNoSecondaryOk,
])

/** An answer with `ok: 0`, or one write error in a batch. */
export class ServerError extends Error {
  readonly codeName: CodeName
  readonly code: number
  readonly details: Doc
  constructor(codeName: CodeName, message: string, details: Doc = {}) {
    super(message)
    this.codeName = codeName
    this.code = CODES[codeName]
    this.details = details
  }
}

/** The labels that the server itself puts on an error; the others come from the driver. */
export function errorLabels(
  code: number,
  where: { readonly inTransaction: boolean; readonly finishes: boolean; readonly retryable: boolean },
): string[] {
  const labels: string[] = []
  const transient = code === CODES.WriteConflict || code === CODES.NoSuchTransaction
  if (where.inTransaction && (transient || (RETRYABLE_WRITE.has(code) && !where.finishes))) {
    labels.push('TransientTransactionError')
  }
  if ((where.retryable || where.finishes) && RETRYABLE_WRITE.has(code)) labels.push('RetryableWriteError')
  return labels
}

export function errorReply(error: unknown, labels: readonly string[]): Doc {
  if (!(error instanceof ServerError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { ok: 0, errmsg: `stand-in failed: ${message}`, code: CODES.InternalError, codeName: 'InternalError' }
  }
  return {
    ok: 0,
    errmsg: error.message,
    code: error.code,
    codeName: error.codeName,
    ...error.details,
    ...(labels.length > 0 ? { errorLabels: [...labels] } : {}),
  }
}
