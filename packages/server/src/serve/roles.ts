import type { ProcessRole } from '@confab/core'

/** Roles as they are typed, `web,jobs`; `null` when one of them is none. */
export function parseRoles(text: string): ProcessRole[] | null {
  const roles = text.split(',').map((part) => part.trim())
  return roles.every(isRole) ? [...new Set(roles)] : null
}

function isRole(text: string): text is ProcessRole {
  return text === 'web' || text === 'live' || text === 'jobs'
}
