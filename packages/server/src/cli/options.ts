import { parseOrigin } from '../data/sites.ts'
import { storeUrlComplaint } from '../data/shared-store.ts'
import { parseProxies } from '../serve/proxies.ts'
import { busUrlComplaint, cacheUrlComplaint } from '../serve/shared-parts.ts'
import { parseRoles } from '../serve/roles.ts'

/** Where the data is. Every command takes it. */
export const dataOption = {
  data: {
    type: 'string',
    valueHint: 'FOLDER',
    default: './confab-data',
    description: 'The folder that holds everything',
  },
} as const

/** Where the data is when several servers share it. */
export const storeOption = {
  store: {
    type: 'string',
    valueHint: 'URL',
    description: 'A store that several servers share, such as mongodb://host/confab, in place of the folder',
  },
} as const

export const jsonOption = { json: { type: 'boolean', description: 'Print JSON, for programs' } } as const

/** Variables of the environment that mean an option, beside `CONFAB_` and its name. */
export const otherVariables: { readonly [option: string]: readonly string[] } = { port: ['PORT'] }

/** Options that may be given several times. Their values are joined with a comma, which none of them can hold. */
export const repeatable: ReadonlySet<string> = new Set(['origin', 'trust-proxy', 'role'])

/** What is wrong with a value of an option, in words that follow its name; `null` when nothing is. */
export const valueRules: { readonly [option: string]: (value: string) => string | null } = {
  port: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65535 ? null : 'must be a port number from 0 to 65535'),
  host: (value) => (/^[A-Za-z0-9.:_-]+$/.test(value) ? null : 'must be a host name or an IP address'),
  store: storeUrlComplaint,
  cache: cacheUrlComplaint,
  bus: busUrlComplaint,
  role: (value) => (parseRoles(value) === null ? 'must be some of web, live and jobs, with commas between' : null),
  data: (value) => (value.trim() === '' ? 'must name a folder' : null),
  site: (value) => (/^[a-z0-9_-]{1,64}$/.test(value) ? null : 'must be a site id: 1 to 64 of a-z, 0-9, - and _'),
  origin: (value) =>
    value.split(',').every((part) => parseOrigin(part) !== null)
      ? null
      : 'must be the origin of your pages, such as https://blog.example.org',
  url: (value) => (isBaseUrl(value) ? null : 'must be a web address, such as https://comments.example.org'),
  'trust-proxy': (value) =>
    parseProxies(value) === null ? 'must be loopback, or addresses and ranges such as 10.0.0.0/8' : null,
}

function isBaseUrl(value: string): boolean {
  const url = URL.parse(value)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === ''
}
