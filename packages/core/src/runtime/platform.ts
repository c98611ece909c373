/**
 * On Cloudflare Workers, work started for one request may not be finished by another: no shared flights, no shared
 * timers. Everywhere else requests of a process help each other.
 */
export const requestsAreIsolated: boolean =
  typeof navigator !== 'undefined' && navigator.userAgent === 'Cloudflare-Workers'
