import type { ErrorCode } from '@confab/core'

/**
 * What went wrong, for programs. The server's codes, and two of the client's own: `offline`, no answer came;
 * `bad_answer`, what answered is not Confab. Later servers may know more codes.
 */
export type ClientErrorCode = ErrorCode | 'offline' | 'bad_answer' | (string & {})

/** What {@link ClientError} carries besides its message. */
export interface ClientErrorInit {
  /** HTTP status; 0 when no answer came. */
  readonly status?: number
  readonly details?: unknown
  readonly requestId?: string | null
  /** How long the server asked to wait, ms. */
  readonly retryAfterMs?: number | null
}

/**
 * Every failure of the client. The message is the server's sentence for people, in English.
 *
 * @example
 * try {
 *   await client.page()
 * } catch (error) {
 *   if (error instanceof ClientError && error.code === 'rate_limited') console.log(error.retryAfterMs)
 * }
 */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly details: unknown
  readonly requestId: string | null
  /** How long the server asked to wait, ms; `null` when it did not say. */
  readonly retryAfterMs: number | null

  constructor(code: ClientErrorCode, message: string, init: ClientErrorInit = {}) {
    super(message)
    this.code = code
    this.status = init.status ?? 0
    this.details = init.details ?? null
    this.requestId = init.requestId ?? null
    this.retryAfterMs = init.retryAfterMs ?? null
  }
}

/** Whether the same request may succeed later without a change: no answer, too many, or a server in trouble. */
export function isPassing(error: ClientError): boolean {
  return error.status === 0 || error.status === 429 || error.status >= 500
}

/** Whatever was thrown, as a {@link ClientError}. */
export function toClientError(error: unknown): ClientError {
  return error instanceof ClientError ? error : new ClientError('offline', 'The server could not be reached.')
}
