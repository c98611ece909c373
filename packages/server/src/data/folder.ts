import { mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ServerError, errorCode } from '../errors.ts'

/** The places inside a data folder. */
export interface DataFolder {
  readonly path: string
  /** The SQLite database with everything people wrote. */
  readonly database: string
  /** Signs guests' cookies. Readable by the owner only. */
  readonly secret: string
  /** Held by the one running server. */
  readonly serveLock: string
  /** Held by the one running import or undo. */
  readonly importLock: string
}

export function dataFolder(path: string): DataFolder {
  const root = resolve(path)
  return {
    path: root,
    database: join(root, 'confab.db'),
    secret: join(root, 'secret'),
    serveLock: join(root, 'serve.lock'),
    importLock: join(root, 'import.lock'),
  }
}

/** Makes the folder when it is missing. Others on the machine cannot look into it: it holds e-mail addresses. */
export function createDataFolder(folder: DataFolder): void {
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o700 })
    if (!statSync(folder.path).isDirectory()) throw notAFolder(folder)
  } catch (error) {
    throw explainFolder(folder, error)
  }
}

/** Refuses a folder without a database, so that a wrong `--data` makes nothing new. */
export function requireDatabase(folder: DataFolder): void {
  if (hasDatabase(folder)) return
  throw new ServerError(
    'data_missing',
    `There is no Confab data in ${folder.path}. Name the folder with --data, or start one with "confab serve".`,
  )
}

export function hasDatabase(folder: DataFolder): boolean {
  try {
    return statSync(folder.database).isFile()
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false
    throw explainFolder(folder, error)
  }
}

/** What a failed file operation in the data folder means for the operator. */
export function explainFolder(folder: DataFolder, error: unknown): ServerError {
  if (error instanceof ServerError) return error
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ServerError(
        'data_unusable',
        `The data folder ${folder.path} cannot be written: give this user the right to write there, or name another folder with --data.`,
        { cause: error },
      )
    case 'EEXIST':
    case 'ENOTDIR':
      return notAFolder(folder)
    case 'ENOSPC':
    case 'EDQUOT':
      return new ServerError(
        'disk_full',
        `The disk of the data folder ${folder.path} is full: free some space and try again.`,
        { cause: error },
      )
    default:
      return new ServerError(
        'data_unusable',
        `The data folder ${folder.path} cannot be used (${errorCode(error) || 'unknown reason'}): name another one with --data.`,
        { cause: error },
      )
  }
}

function notAFolder(folder: DataFolder): ServerError {
  return new ServerError('data_unusable', `${folder.path} is not a folder: name another one with --data.`)
}
