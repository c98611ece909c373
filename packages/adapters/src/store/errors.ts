import type { StoreErrorCode } from '@confab/core/ports'

/**
 * Why a store could not do what it was asked. Compare `code`: it is the same for every store.
 *
 * @example
 * await store.ping().catch((error) => {
 *   if (error.code === 'store_closed') console.error('It was closed before')
 * })
 */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

export function closedError(): StoreError {
  return new StoreError('store_closed', 'The store is closed')
}
