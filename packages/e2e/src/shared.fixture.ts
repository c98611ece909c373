import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Test data from the folder beside the repository; `null` where it is not at hand, and the suite says so. */
export function sharedFile(path: string): string | null {
  const file = resolve(import.meta.dirname, '../../../../shared/data', path)
  if (existsSync(file)) return file
  console.info(`Without ../shared/data/${path}: these tests run on their own cases only`)
  return null
}
