import type { Ms } from '@confab/core/ports'
import { matchesFilter } from './topics.ts'

/** Longer or deeper topics are nobody's here, and some brokers have fallen over them. */
const maxTopicBytes = 256
const maxLevels = 8

/**
 * One line of an access list, in the form in which EMQX 5.5 or later reads it from a token. The first line that fits
 * decides. `eq ` in front of a topic means these very characters and not what its wildcards stand for.
 */
export interface MqttRule {
  readonly permission: 'allow' | 'deny'
  readonly action: 'publish' | 'subscribe' | 'all'
  readonly topic: string
}

/** Who connects to the broker without a server of Confab between. */
export interface MqttAudience {
  /** Id of the site whose public threads may be followed. */
  readonly site: string
  /** Id of the user, whose notifications may be followed as well. @default nobody's */
  readonly user?: string
}

/**
 * What a phone or another device may do at the broker: follow single public threads of one site and its user's own
 * notifications. It can follow nothing by wildcard and publish nothing at all, so it cannot forge an event; what it
 * writes goes through the HTTP interface.
 *
 * @throws TypeError for a site id that is none
 *
 * @example
 * mqttAcl({ site: 'blog', user: 'u1' })
 */
export function mqttAcl({ site, user }: MqttAudience): MqttRule[] {
  if (!/^[a-z0-9_-]{1,64}$/.test(site)) {
    throw new TypeError('`site` must be the id of a site: 1 to 64 of a-z, 0-9, - and _')
  }
  const threads = `c/1/${site}/t/+/e`
  return [
    // As a text, this is the wildcard itself, which the next line would let pass.
    { permission: 'deny', action: 'subscribe', topic: `eq ${threads}` },
    { permission: 'allow', action: 'subscribe', topic: threads },
    ...(user === undefined || user === ''
      ? []
      : [{ permission: 'allow', action: 'subscribe', topic: notificationsTopic(site, user) } as const]),
    { permission: 'deny', action: 'all', topic: '#' },
  ]
}

/** A user's id may hold anything, also what means something in a topic. */
function notificationsTopic(site: string, user: string): string {
  return `c/1/${site}/u/${encodeURIComponent(user)}/n`
}

/** The claims of a token with which a device connects: its password at the broker. */
export interface MqttClaims {
  readonly sub: string
  /** In seconds, as tokens have it. Never left out: without it some brokers ignore `acl`. */
  readonly exp: number
  readonly acl: readonly MqttRule[]
}

/**
 * Claims to be signed with a key that the broker knows. EMQX ends the connection when the token does.
 *
 * @throws TypeError for a site id that is none, and for an `expiresAt` that is no time
 *
 * @example
 * const claims = mqttClaims({ site: 'blog', user: 'u1', expiresAt: Date.now() + 600_000 })
 * const token = await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(key) // of jose
 */
export function mqttClaims(audience: MqttAudience & { readonly expiresAt: Ms }): MqttClaims {
  if (!Number.isSafeInteger(Math.floor(audience.expiresAt))) throw new TypeError('`expiresAt` must be a time in ms')
  const exp = Math.floor(audience.expiresAt / 1000)
  return { sub: audience.user ?? '', exp, acl: mqttAcl(audience) }
}

/**
 * Decides as EMQX does, for brokers that ask a function, such as Aedes. Refuses what no rule allows, and besides that every
 * wildcard and every topic that is longer than 256 bytes or deeper than 8 levels.
 *
 * @example
 * const authorizeSubscribe = (client, subscription, done) =>
 *   done(null, mqttAllows(aclOf(client), 'subscribe', subscription.topic) ? subscription : null)
 */
export function mqttAllows(rules: readonly MqttRule[], action: 'publish' | 'subscribe', topic: string): boolean {
  if (topic === '' || /[+#\0]/.test(topic)) return false
  if (Buffer.byteLength(topic) > maxTopicBytes || topic.split('/').length > maxLevels) return false
  const rule = rules.find((each) => (each.action === action || each.action === 'all') && fits(each.topic, topic))
  return rule?.permission === 'allow'
}

function fits(wanted: string, topic: string): boolean {
  return wanted.startsWith('eq ') ? wanted.slice(3) === topic : matchesFilter(wanted, topic)
}

/** A role of Mosquitto's dynamic security plugin. */
export interface MosquittoRole {
  readonly rolename: string
  readonly acls: readonly {
    readonly acltype: 'publishClientSend' | 'publishClientReceive' | 'subscribeLiteral' | 'subscribePattern'
    readonly topic: string
    readonly priority: number
    readonly allow: boolean
  }[]
}

/**
 * The same rules for the dynamic security plugin of Mosquitto 2, which knows accounts and roles instead of tokens. The
 * defaults of the plugin must deny `publishClientSend` and `subscribe`, as they do when it is set up.
 *
 * @example
 * mosquittoRole('reader-of-blog', mqttAcl({ site: 'blog' }))
 */
export function mosquittoRole(rolename: string, rules: readonly MqttRule[]): MosquittoRole {
  return {
    rolename,
    acls: rules.flatMap(({ permission, action, topic }, index) => {
      const allow = permission === 'allow'
      const priority = rules.length - index
      const isText = topic.startsWith('eq ')
      const name = isText ? topic.slice(3) : topic
      const subscribe = isText ? 'subscribeLiteral' : 'subscribePattern'
      return [
        ...(action === 'publish' ? [] : [{ acltype: subscribe, topic: name, priority, allow } as const]),
        ...(action === 'publish' || isText
          ? []
          : [{ acltype: 'publishClientReceive', topic: name, priority, allow } as const]),
        ...(action === 'subscribe' ? [] : [{ acltype: 'publishClientSend', topic: name, priority, allow } as const]),
      ]
    }),
  }
}
