/** What kept the server or a command from doing its work. A closed list, safe to compare. */
export type ServerErrorCode =
  | 'data_missing'
  | 'data_unusable'
  | 'data_locked'
  | 'database_corrupt'
  | 'database_newer'
  | 'disk_full'
  | 'port_unavailable'
  | 'file_unreadable'
  | 'file_invalid'
  | 'not_found'
  | 'exists'
  | 'package_missing'
  | 'store_unusable'
  | 'failed'

/**
 * A failure that its message explains in one sentence for the operator. The command ends with exit code 1.
 *
 * @example
 * await startServer({ port: 80 }).catch((error) => {
 *   if (error instanceof ServerError && error.code === 'port_unavailable') console.error(error.message)
 *   else throw error
 * })
 */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ServerErrorCode

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The command was used wrongly: nothing was done. The command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The system's code of an error, such as `EACCES`; empty when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
