import type {
  Assets,
  Clock,
  EventRow,
  EventType,
  FindSite,
  Identify,
  Ids,
  Limiter,
  Logger,
  Ms,
  PageCache,
  PubSub,
  RateRule,
  Site,
  Store,
} from './ports/index.ts'
import type { Limits } from './engine/kernel.ts'

/** A part of the work that a process may do alone. */
export type ProcessRole = (typeof processRoles)[number]

export const processRoles = ['web', 'live', 'jobs'] as const

/** What {@link createConfab} is built from. Only `store` and `sites` are needed. */
export interface ConfabConfig {
  /** Where conversations are kept, such as `sqlite('confab.db')` of `@confab/adapters/sqlite`. */
  readonly store: Store
  /** The sites served, or a function that finds one by id. */
  readonly sites: readonly Site[] | FindSite
  /** Your own users: reads your session from the request, `null` for nobody. Guests are known without it. */
  readonly identify?: Identify
  /** Signs guests' cookies; at least 32 characters. @default one that is made once and kept in the store */
  readonly secret?: string
  /** The path the router answers under, for `fetch` and the Node handler. @default '/' */
  readonly basePath?: string
  /** The widget's files, from `@confab/widget/assets`, to be served beside the interface. @default none */
  readonly assets?: Assets
  /** Pages shared between processes. @default none: each process keeps its own */
  readonly cache?: PageCache
  /** Messages between processes. @default none */
  readonly bus?: PubSub
  /** @default limits in memory, for each process */
  readonly limiter?: Limiter
  /**
   * How much one may do; `false` lifts a limit.
   * @default read: 300 requests at once and 1200 a minute from one address, whatever they ask; write: 10 at once and 20 a
   * minute of one person; address: 30 at once and 60 a minute from one address
   */
  readonly limits?: {
    readonly read?: RateRule | false
    readonly write?: RateRule | false
    readonly address?: RateRule | false
  }
  /** Proxies whose `X-Forwarded-For` is believed: addresses, ranges, or `loopback`. @default none */
  readonly trustProxy?: readonly string[]
  /** Memory for finished pages, in bytes. @default 67108864 (64 MiB) */
  readonly pageMemoryBytes?: number
  /**
   * What this process does. `web`: answers requests; `live`: keeps the event streams and long polls of readers open;
   * `jobs`: delivers events that a process left behind when it died, and forgets what is old. What it does not serve it
   * answers with 421. All processes together must do all of it.
   * @default ['web', 'live', 'jobs']
   */
  readonly roles?: readonly ProcessRole[]
  /** Called at least once for each stored event, after `start`. It must not mind being called twice. */
  readonly on?: { readonly [type in EventType]?: (event: EventRow) => Promise<void> }
  /** @default lines of JSON on the console */
  readonly logger?: Logger
  readonly clock?: Clock
  readonly ids?: Ids
}

const minute: Ms = 60_000

const defaultLimits: Limits = {
  read: { burst: 300, perMs: minute / 4 },
  write: { burst: 10, perMs: minute / 2 },
  address: { burst: 30, perMs: minute / 2 },
}

/**
 * Checks what a host may get wrong, so that it shows at start and not at the first request.
 * @throws TypeError that names the option and says what to do
 */
export function checkConfig(config: ConfabConfig): void {
  if (typeof config !== 'object' || config === null) throw new TypeError('`createConfab` needs an object of options')
  const known = new Set([
    'store',
    'sites',
    'identify',
    'secret',
    'basePath',
    'assets',
    'cache',
    'bus',
    'limiter',
    'limits',
    'trustProxy',
    'pageMemoryBytes',
    'roles',
    'on',
    'logger',
    'clock',
    'ids',
  ])
  for (const name of Object.keys(config)) {
    if (!known.has(name))
      throw new TypeError(`\`${name}\` is not an option of \`createConfab\`; remove it or check its spelling`)
  }
  if (typeof config.store?.commit !== 'function') {
    throw new TypeError("`store` is missing; give it a store such as sqlite('confab.db') from @confab/adapters/sqlite")
  }
  if (!Array.isArray(config.sites) && typeof config.sites !== 'function') {
    throw new TypeError(
      "`sites` is missing; give it a list such as [{ id: 'blog', origins: ['https://blog.example.org'] }]",
    )
  }
  if (config.secret !== undefined && (typeof config.secret !== 'string' || config.secret.length < 32)) {
    throw new TypeError('`secret` must have at least 32 characters; make one with: openssl rand -base64 32')
  }
  if (config.basePath !== undefined && !/^\/([^?#]*[^/?#])?$/.test(config.basePath)) {
    throw new TypeError('`basePath` must begin with a slash and not end with one, such as /comments')
  }
  if (config.identify !== undefined && typeof config.identify !== 'function') {
    throw new TypeError('`identify` must be a function that reads your session from a request')
  }
  if (config.trustProxy !== undefined && !Array.isArray(config.trustProxy)) {
    throw new TypeError("`trustProxy` must be a list, such as ['loopback']")
  }
  for (const [name, method] of parts) {
    const part: object | undefined = config[name]
    if (part !== undefined && typeof Reflect.get(Object(part), method) !== 'function') {
      throw new TypeError(`\`${name}\` has no method \`${method}\`; see the port of that name in @confab/core/ports`)
    }
  }
  for (const name of Object.keys(config.on ?? {})) {
    if (!eventTypes.has(name)) {
      throw new TypeError(`\`on\`: ${JSON.stringify(name)} is no event; they are ${[...eventTypes].join(', ')}`)
    }
  }
  const { roles = processRoles } = config
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((role) => processRoles.includes(role))) {
    throw new TypeError("`roles` must be a list of some of 'web', 'live' and 'jobs', or be left out for all of them")
  }
  for (const [name, rule] of Object.entries(config.limits ?? {})) checkLimit(name, rule)
  const { pageMemoryBytes = 0 } = config
  if (!Number.isSafeInteger(pageMemoryBytes) || pageMemoryBytes < 0) {
    throw new TypeError('`pageMemoryBytes` must be a whole number of bytes, 0 for no memory')
  }
}

/** What else a host may bring, and a method by which it is told from something else. */
const parts = [
  ['cache', 'guard'],
  ['bus', 'subscribe'],
  ['limiter', 'take'],
  ['logger', 'error'],
  ['clock', 'now'],
  ['ids', 'next'],
] as const

const eventTypes = new Set<string>([
  'comment.created',
  'comment.edited',
  'comment.removed',
  'comment.queued',
  'thread.changed',
] satisfies readonly EventType[])

function checkLimit(name: string, rule: RateRule | false | undefined): void {
  if (!Object.hasOwn(defaultLimits, name)) {
    throw new TypeError(`\`limits\`: \`${name}\` is no limit; they are ${Object.keys(defaultLimits).join(', ')}`)
  }
  if (rule === false || rule === undefined) return
  if (!(rule.burst >= 1) || !(rule.perMs > 0)) {
    throw new TypeError(
      `\`limits\`: \`${name}\` must be false, or { burst, perMs } with a burst of at least 1 and a time above 0`,
    )
  }
}

/** The limits with defaults for what the host left out. */
export function limitsOf({ limits = {} }: ConfabConfig): Limits {
  return {
    read: limits.read ?? defaultLimits.read,
    write: limits.write ?? defaultLimits.write,
    address: limits.address ?? defaultLimits.address,
  }
}
