import type { Identity, Role, Viewer } from '../../ports/index.ts'
import type { Kernel } from '../../engine/kernel.ts'
import { readGuestToken } from './guest-token.ts'

const maxLength = 100

/**
 * Who is asking: the host's own session first, then a guest's cookie.
 * @throws TypeError when `identify` answers something that is no identity
 */
export async function resolveViewer(
  kernel: Pick<Kernel, 'identify' | 'signer'>,
  site: string,
  request: Request,
  guestToken: string | null,
): Promise<Viewer | null> {
  const identity = kernel.identify ? await kernel.identify(request) : null
  if (identity) return viewerOf(identity)
  if (guestToken === null) return null
  const guest = await readGuestToken(kernel.signer, site, guestToken)
  return guest && { ...guest, role: 'guest', email: null, avatar: null, website: null }
}

/** A host's answer as a viewer. What the host sends is checked: a slip there must not become a slip here. */
export function viewerOf(identity: Identity): Viewer {
  const { id, name } = identity
  if (typeof id !== 'string' || id === '' || id.length > maxLength || id.startsWith('guest:')) {
    throw new TypeError('`identify` must answer an `id` of 1 to 100 characters that does not start with "guest:"')
  }
  if (typeof name !== 'string' || name.trim() === '') {
    throw new TypeError('`identify` must answer a `name` that is not empty')
  }
  return {
    id,
    name: name.slice(0, maxLength).toWellFormed().normalize('NFC'),
    role: strongestRole(identity.roles ?? []),
    email: identity.email ?? null,
    avatar: safeUrl(identity.avatar, true),
    website: safeUrl(identity.website, false),
  }
}

function strongestRole(roles: readonly string[]): Role {
  if (roles.includes('admin')) return 'admin'
  return roles.includes('moderator') ? 'moderator' : 'member'
}

function safeUrl(value: string | null | undefined, pathAllowed: boolean): string | null {
  if (!value || value.length > 2000) return null
  if (pathAllowed && /^\/(?![/\\])/.test(value)) return value
  const url = URL.parse(value)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
