import type { Signer } from '../../engine/kernel.ts'
import { fromBase64Url, toBase64Url } from '../../engine/ids.ts'

/** Who a guest is in this browser, on one site. */
export interface Guest {
  readonly id: string
  readonly name: string
}

const format = 'g1'
const maxLength = 1_000

/** The text of a guest's cookie: readable by nobody's script, changeable only by us, good for one site. */
export async function issueGuestToken(signer: Signer, site: string, guest: Guest): Promise<string> {
  const payload = toBase64Url(new TextEncoder().encode(JSON.stringify([guest.id, guest.name])))
  return `${format}.${payload}.${await signer.sign(signedText(site, payload))}`
}

/** `null` for anything that {@link issueGuestToken} did not make for this site. */
export async function readGuestToken(signer: Signer, site: string, token: string): Promise<Guest | null> {
  if (token.length > maxLength) return null
  const [version, payload, signature, rest] = token.split('.')
  if (version !== format || !payload || !signature || rest !== undefined) return null
  if (!(await signer.verify(signedText(site, payload), signature))) return null
  const bytes = fromBase64Url(payload)
  if (!bytes) return null
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (!Array.isArray(value)) return null
  const [id, name] = value as unknown[]
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : null
}

/**
 * The id of a guest who has no cookie yet, from the key of their first request. A request whose answer was lost is sent
 * again with the same key and so comes from the same guest. The key is the secret here: only the browser that made it
 * knows it.
 */
export async function guestIdForKey(signer: Signer, thread: string, key: string): Promise<string> {
  return `guest:${(await signer.sign(`guest-id\n${thread}\n${key}`)).slice(0, 22)}`
}

function signedText(site: string, payload: string): string {
  return `guest-token\n${site}\n${payload}`
}
