import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ServerError, errorCode } from '../errors.ts'
import { explainFolder } from './folder.ts'
import type { DataFolder } from './folder.ts'

/**
 * The secret of this data folder: 43 characters of base64url, made on first use. It signs guests' cookies and hides
 * the names of imported authors behind their ids. Losing it loses no comment; guests can no longer edit what they wrote.
 */
export function folderSecret(folder: DataFolder): string {
  return readSecret(folder) ?? makeSecret(folder)
}

function readSecret(folder: DataFolder): string | null {
  try {
    const text = readFileSync(folder.secret, 'utf8').trim()
    if (/^[A-Za-z0-9_-]{43,200}$/.test(text)) return text
    throw new ServerError(
      'data_unusable',
      `${folder.secret} does not hold a secret: restore the file, or delete it to get a new one.`,
    )
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw explainFolder(folder, error)
  }
}

function makeSecret(folder: DataFolder): string {
  const draft = `${folder.secret}.${process.pid}`
  try {
    writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true })
    try {
      // A link, not a rename: of two processes that start at once, one wins and both read the same secret.
      linkSync(draft, folder.secret)
    } catch (error) {
      // Some network and memory-card file systems have no links.
      if (errorCode(error) !== 'EEXIST') renameSync(draft, folder.secret)
    } finally {
      rmSync(draft, { force: true })
    }
  } catch (error) {
    throw explainFolder(folder, error)
  }
  const secret = readSecret(folder)
  if (secret === null) throw new ServerError('data_unusable', `The secret in ${folder.path} cannot be read back.`)
  return secret
}
