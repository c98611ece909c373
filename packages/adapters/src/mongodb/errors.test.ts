import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb'
import type { BulkWriteResult } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { isAllDown, isConflict, isPassing, isSurelyUncommitted, toStoreError } from './errors.ts'

const lost = new MongoNetworkError('connection 1 to 127.0.0.1:27017 closed')

function serverError(code: number, ...errorLabels: string[]): MongoServerError {
  return new MongoServerError({ message: 'no', code, errorLabels })
}

describe('what the driver throws', () => {
  test('a lost connection passes, also without a label and wrapped by `bulkWrite`', () => {
    expect(lost.errorLabels).toEqual([])
    expect(isPassing(lost)).toBe(true)
    const wrapped = new MongoBulkWriteError(lost, {} as BulkWriteResult)
    expect(wrapped.name).toBe('MongoBulkWriteError')
    expect(isPassing(wrapped)).toBe(true)
    expect(toStoreError(wrapped)).toMatchObject({ code: 'store_unavailable' })
  })

  test('an election passes, a conflict begins again, and only the server says that nothing was committed', () => {
    expect(isPassing(serverError(10107))).toBe(true)
    expect(isPassing(serverError(11602))).toBe(true)
    expect(isConflict(serverError(112, 'TransientTransactionError'))).toBe(true)
    expect(isConflict(serverError(11000))).toBe(true)
    expect(isSurelyUncommitted(serverError(251, 'TransientTransactionError'))).toBe(true)
    expect(isSurelyUncommitted(lost)).toBe(false)
    expect(isSurelyUncommitted(serverError(64, 'UnknownTransactionCommitResult'))).toBe(false)
  })

  test('other errors are told as they are', () => {
    expect(isPassing(serverError(13)) || isConflict(serverError(13))).toBe(false)
    expect(toStoreError(serverError(13))).toMatchObject({ code: 'store_failed' })
    expect(toStoreError(serverError(112))).toMatchObject({ code: 'store_busy' })
    const mistake = new TypeError('An id or a name must be a string')
    expect(toStoreError(mistake)).toBe(mistake)
  })

  test('nobody there is not an election', () => {
    const selection = (...types: string[]) =>
      Object.assign(new Error('timed out'), {
        name: 'MongoServerSelectionError',
        reason: { servers: new Map(types.map((type, i) => [String(i), { type }])) },
      })
    expect(isAllDown(selection('Unknown', 'Unknown'))).toBe(true)
    expect(isAllDown(selection('Unknown', 'RSSecondary'))).toBe(false)
    expect(isAllDown(lost)).toBe(false)
  })
})
