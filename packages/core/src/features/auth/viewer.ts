import type { Identity, Role, Viewer } from '../../ports/index.ts'
import type { Kernel } from '../../engine/kernel.ts'
import { cleanLine, isBlank } from '../../text/clean.ts'
import { readGuestToken } from './guest-token.ts'

const maxLength = 100
const idPattern = /^[^\p{Cc}\p{Cs}]{1,100}$/u

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

/**
 * A host's answer as a viewer. What the host sends is checked, whatever its types say: a slip there must not become a
 * slip here.
 */
export function viewerOf(identity: Identity): Viewer {
  const { id, roles } = identity
  if (typeof id !== 'string' || !idPattern.test(id) || id.startsWith('guest:')) {
    throw new TypeError(
      '`identify` must answer an `id` of 1 to 100 characters, none of them a control character, that does not start with "guest:"',
    )
  }
  const name = cleanLine((textOf(identity, 'name') ?? '').slice(0, 10 * maxLength))
  if (isBlank(name)) throw new TypeError('`identify` must answer a `name` that is not empty')
  if (roles !== undefined && !Array.isArray(roles)) throw new TypeError('`identify` must answer `roles` as a list')
  return {
    id,
    // Not in the middle of a character.
    name: name
      .slice(0, maxLength)
      .replace(/[\ud800-\udbff]$/, '')
      .trim(),
    role: strongestRole(roles ?? []),
    email: textOf(identity, 'email'),
    avatar: safeUrl(textOf(identity, 'avatar'), true),
    website: safeUrl(textOf(identity, 'website'), false),
  }
}

function textOf(identity: Identity, field: 'name' | 'email' | 'avatar' | 'website'): string | null {
  const value = identity[field] ?? null
  if (value !== null && typeof value !== 'string')
    throw new TypeError(`\`identify\` must answer \`${field}\` as a string`)
  return value
}

function strongestRole(roles: readonly string[]): Role {
  if (roles.includes('admin')) return 'admin'
  return roles.includes('moderator') ? 'moderator' : 'member'
}

function safeUrl(value: string | null, pathAllowed: boolean): string | null {
  if (!value || value.length > 2000) return null
  if (pathAllowed && /^\/(?![/\\])/.test(value)) return value
  const url = URL.parse(value)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}
