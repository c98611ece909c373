import { ServerError, errorCode } from './errors.ts'

/**
 * Loads what needs a driver that is installed only by those who use it.
 * @throws ServerError `package_missing` that names the package
 */
export async function loadDriver<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw packageMissing(name, error)
  }
}

export function packageMissing(name: string, cause: unknown): ServerError {
  return new ServerError(
    'package_missing',
    `The package "${name}" is not installed: add it beside Confab with "npm install ${name}".`,
    { cause },
  )
}
