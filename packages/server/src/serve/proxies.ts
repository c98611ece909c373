import { isIP } from 'node:net'

/** The proxies to trust, from a list with commas: `loopback`, addresses and CIDR ranges. `null` when one is none of these. */
export function parseProxies(text: string): string[] | null {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return entries.length > 0 && entries.every(isProxy) ? entries : null
}

function isProxy(entry: string): boolean {
  if (entry === 'loopback') return true
  const [address = '', bits, ...rest] = entry.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
