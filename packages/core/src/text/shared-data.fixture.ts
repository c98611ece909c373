import { existsSync, readFileSync } from 'node:fs'

const folder = new URL('../../../../../shared/data/', import.meta.url)

/** Test data from the folder beside the repository, or `null` where it is not at hand. */
export function sharedData<Data>(path: string): Data | null {
  const file = new URL(path, folder)
  if (!existsSync(file)) {
    console.info(`Without ../shared/data/${path}: these tests run on their own cases only`)
    return null
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Data
}
