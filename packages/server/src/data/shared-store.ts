import type { Store } from '@confab/core/ports'
import { loadDriver, packageMissing } from '../drivers.ts'
import { ServerError, errorCode, errorMessage } from '../errors.ts'
import { oneLine } from '../text.ts'

const mongodbUrl = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^@/?]+)(?:\/([^/?#]*))?(?:\?.*)?$/

/** What is wrong with an address of a store, in words that follow its name; `null` when nothing is. */
export function storeUrlComplaint(value: string): string | null {
  return value === 'sqlite:' || mongodbUrl.test(value)
    ? null
    : 'must be the address of a store, such as mongodb://localhost:27017/confab?replicaSet=rs0'
}

export function isSharedStore(url: string): boolean {
  return mongodbUrl.test(url)
}

/** The address without what must not be shown. */
export function sharedName(url: string): string {
  const [, hosts = '', database = ''] = mongodbUrl.exec(url) ?? []
  return `mongodb://${hosts}/${database || 'confab'}`
}

/** @throws ServerError `package_missing`, `store_unusable` */
export async function openSharedStore(url: string): Promise<Store> {
  const { mongodb } = await loadDriver('mongodb', () => import('@confab/adapters/mongodb'))
  const database = mongodbUrl.exec(url)?.[2] || 'confab'
  const store = mongodb(url, { database: decodeURIComponent(database) })
  try {
    await store.migrate()
    return store
  } catch (error) {
    await store.close().catch(() => {})
    throw explainShared(url, error)
  }
}

/** What an error of the store means for the operator. Anything unknown comes back as it is. */
export function explainShared(url: string, error: unknown): unknown {
  const name = sharedName(url)
  const options = { cause: error }
  switch (errorCode(error)) {
    case 'store_missing':
      return packageMissing('mongodb', error)
    case 'store_unavailable':
      return new ServerError('store_unusable', `The store ${name} cannot be reached: is it running?`, options)
    case 'store_newer':
      return new ServerError(
        'database_newer',
        `The store ${name} was written by a newer version of Confab: update this one.`,
        options,
      )
    case 'store_foreign':
      return new ServerError(
        'store_unusable',
        `The store ${name} belongs to another program: name another database behind the last slash of --store.`,
        options,
      )
    case 'store_failed': {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${oneLine(errorMessage(error.cause))}` : ''
      return new ServerError('store_unusable', `The store ${name} failed. ${errorMessage(error)}${cause}.`, options)
    }
    default:
      return error
  }
}
