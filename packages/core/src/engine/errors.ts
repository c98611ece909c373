/** Every code an answer can carry. Closed: clients may switch on it. Documented in `docs/reference/errors.md`. */
export type ErrorCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'unsupported_media_type'
  | 'key_reused'
  | 'locked'
  | 'refused'
  | 'rate_limited'
  | 'not_served'
  | 'internal'
  | 'unavailable'

const statuses: { readonly [code in ErrorCode]: number } = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  key_reused: 422,
  locked: 403,
  refused: 422,
  rate_limited: 429,
  not_served: 421,
  internal: 500,
  unavailable: 503,
}

/** What may be told to anyone. */
export type ErrorDetails = { readonly [key: string]: unknown }

/**
 * A failure with a stable code. The message is for a person and says what to do; `details` go out; `cause` stays in the
 * log. Compare `code`, never the class: two copies of a package would break `instanceof`.
 *
 * @example
 * throw new ConfabError('refused', 'Links are not allowed here')
 */
export class ConfabError extends Error {
  override readonly name = 'ConfabError'
  readonly code: ErrorCode
  readonly status: number
  readonly details: ErrorDetails | null
  /** Seconds a client should wait before it tries again. */
  readonly retryAfter: number | null

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown; retryAfter?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = statuses[code]
    this.details = options.details ?? null
    this.retryAfter = options.retryAfter ?? null
  }
}

/**
 * A {@link ConfabError}, also one made by another copy of this package.
 *
 * @example
 * try {
 *   await confab.api.comments.create({ site: 'blog', pageKey: '/hello', author: 'u1', body: '' })
 * } catch (error) {
 *   if (isConfabError(error) && error.code === 'invalid') console.log(error.details)
 * }
 */
export function isConfabError(error: unknown): error is ConfabError {
  return error instanceof Error && error.name === 'ConfabError' && 'code' in error && 'status' in error
}

/** Bad input, with the field that is wrong. */
export function invalid(field: string, message: string): ConfabError {
  return new ConfabError('invalid', `\`${field}\` ${message}`, { details: { fields: [{ field, message }] } })
}
