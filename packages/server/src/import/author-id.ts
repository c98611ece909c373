import { createHmac } from 'node:crypto'

/**
 * The user id of somebody another system knew: the same on every run, and different on every site.
 *
 * It is public, and what it stands for is often an e-mail address. A plain hash of one is undone by hashing a list of
 * addresses, so the id is keyed with the secret of the data folder.
 */
export function authorIds(secret: string, format: string, site: string): (ref: string) => string {
  return (ref) => {
    const name = ['imported author', format, site, ref].join('\0')
    return `${format}:${createHmac('sha256', secret).update(name).digest('base64url').slice(0, 22)}`
  }
}

/** The one author of every comment that was deleted where it came from: nothing of the person is kept. */
export function deletedAuthorId(format: string): string {
  return `${format}:deleted`
}
