import { expect, it } from 'vitest'
import { memoryStore } from '@confab/core/memory'
import { sharedLock, sharedSecret } from './shared-state.ts'

it('a lock has one holder at a time, and is free again once given back', async () => {
  const store = memoryStore()
  const locks = await Promise.all([
    sharedLock(store, 'import'),
    sharedLock(store, 'import'),
    sharedLock(store, 'import'),
  ])
  const [held, ...others] = locks.filter((lock) => lock !== null)
  expect(others).toEqual([])
  expect(await sharedLock(store, 'import')).toBeNull()
  await held?.release()
  const next = await sharedLock(store, 'import')
  expect(next).not.toBeNull()
  // Whoever gives back twice does not free the lock of somebody else.
  await held?.release()
  expect(await sharedLock(store, 'import')).toBeNull()
  await next?.release()
})

it('a lock of a process that died is free after its lease', async () => {
  const store = memoryStore()
  const records = store.records({ name: 'locks', indexes: {} })
  await records.write('', [{ put: { id: 'import', holder: 'dead', until: Date.now() - 1 } }])
  const lock = await sharedLock(store, 'import')
  expect(lock).not.toBeNull()
  await lock?.release()
})

it('a secret is the same for all who ask at once', async () => {
  const store = memoryStore()
  const secrets = await Promise.all([1, 2, 3].map(() => sharedSecret(store, 'import')))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[\w-]{43}$/)
  expect(await sharedSecret(store, 'other')).not.toBe(secrets[0])
})
