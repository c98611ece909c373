import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers'
import type { Logger, Ms } from '@confab/core/ports'
import type { RedisClient, RedisSource } from './client.ts'
import { openConnection } from './client.ts'

/** After one short pause, writers have sent what they owe by then. */
const calmMs: Ms = 500
/** A second failure within this time counts as an outage. */
const relapseMs: Ms = 30_000

/** What came of a question. `ok: false` when there was no answer in time, or none that may be believed. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/** What every adapter of Redis takes. */
export interface LinkOptions {
  /** Longest wait for one answer of Redis, in ms. @default 50 */
  readonly timeoutMs?: Ms
  /** How long Redis is left alone after it failed, in ms. @default 2000 */
  readonly restMs?: Ms
  /**
   * How long after an outage the pages in Redis are not used, in ms: longer than the client of any process waits between
   * two tries to connect, and for a Cluster longer than a failover takes. @default 6000, for a Cluster 25000
   */
  readonly settleMs?: Ms
  /** Hears when Redis goes and comes. @default nobody */
  readonly logger?: Logger
}

/**
 * A client behind a time limit and a circuit breaker, so that no request waits for Redis or fails with it.
 *
 * It also knows when Redis may be believed. After an outage a server can hold what was true before it, until each writer
 * has told it about the writes it missed; so its pages count again only when the writers have had the time to do so.
 */
export interface Link<Client extends RedisClient> {
  /** Asks once; at once `ok: false` while Redis is left alone. Never rejects. */
  ask<T>(work: (client: Client) => Promise<T>): Promise<Outcome<T>>
  /** The same, but an answer that may be out of date counts as none. */
  askTrusted<T>(work: (client: Client) => Promise<T>): Promise<Outcome<T>>
  /** Asks even while Redis is left alone: for what nobody waits for. */
  insist<T>(work: (client: Client) => Promise<T>): Promise<Outcome<T>>
  /** Redis failed: what it acknowledged a moment ago may be lost. */
  onTrouble(listener: () => void): void
  /** Redis answers again. */
  onAnswer(listener: () => void): void
  close(): void
}

export function createLink<Client extends RedisClient>(
  source: RedisSource<Client>,
  options: LinkOptions,
): Link<Client> {
  const { timeoutMs = 50, restMs = 2_000, logger } = options
  const troubled: (() => void)[] = []
  const answered: (() => void)[] = []
  /** When each call was sent that is still in time, oldest first. */
  const sent = new Set<{ readonly at: Ms }>()
  let closed = false
  let open = false
  let openUntil: Ms = 0
  let probing = false
  let isOutage = false
  /** What the operator was told. */
  let isAway = false
  let failedAt: Ms = Number.NEGATIVE_INFINITY
  let trustedFrom: Ms = 0
  /** Raised by each failure: what was under way at that moment is not believed. */
  let epoch = 0

  const connection = openConnection(source, {
    // Of a single server or one behind Sentinel, and of a Cluster, where one node may go while the others stay.
    close: onLost,
    '-node': onLost,
    ready: () => tellAll(answered),
  })

  function onLost(): void {
    if (closed) return
    trip('The connection was lost')
    isOutage = true
  }

  function trip(error: unknown): void {
    const now = performance.now()
    if (now - failedAt < relapseMs) isOutage = true
    failedAt = now
    epoch += 1
    openUntil = now + restMs
    open = true
    if (!isAway) logger?.warn('Redis does not answer; it is done without', { error: String(error) })
    isAway = true
    tellAll(troubled)
  }

  function recover(client: Client): void {
    const { settleMs = client.isCluster ? 25_000 : 6_000 } = options
    open = false
    trustedFrom = Math.max(trustedFrom, performance.now() + (isOutage ? settleMs : Math.min(calmMs, settleMs)))
    isOutage = false
    tellAll(answered)
  }

  /** Redis answers in order, so behind a call that waits too long nothing newer can be known. */
  function isOverdue(now: Ms): boolean {
    const [oldest] = sent
    return oldest !== undefined && now - oldest.at > timeoutMs
  }

  function send<T>(client: Client, work: (client: Client) => Promise<T>): Promise<Outcome<T>> {
    const sentIn = epoch
    const call = { at: performance.now() }
    sent.add(call)
    return new Promise((resolve) => {
      let isLate = false
      let grace: NodeJS.Immediate | null = null
      const giveUp = (): void => {
        isLate = true
        sent.delete(call)
        if (sentIn === epoch && !closed) trip('No answer in time')
        resolve({ ok: false, error: new Error(`Redis did not answer within ${timeoutMs} ms`) })
      }
      // What already waits in the socket because this process was busy is read before the immediate runs.
      const timer = setTimeout(() => (grace = setImmediate(giveUp)), timeoutMs)
      const settle = (outcome: Outcome<T>): void => {
        sent.delete(call)
        clearTimeout(timer)
        if (grace !== null) clearImmediate(grace)
        resolve(outcome)
      }
      work(client).then(
        (value) => {
          if (isLate) tellAll(answered)
          else settle(sentIn === epoch ? { ok: true, value } : unavailable)
          if (isAway && !open && performance.now() >= trustedFrom) {
            isAway = false
            logger?.info('Redis answers again')
          }
        },
        (error: unknown) => {
          if (isLate || closed) return settle(unavailable)
          if (!isAboutKey(error) && sentIn === epoch) trip(error)
          settle({ ok: false, error })
        },
      )
    })
  }

  async function ask<T>(work: (client: Client) => Promise<T>): Promise<Outcome<T>> {
    const client = readyClient()
    if (client === null) return unavailable
    const now = performance.now()
    if (!open) return isOverdue(now) ? unavailable : send(client, work)
    if (now < openUntil || probing) return unavailable
    probing = true
    const outcome = await insist(work)
    probing = false
    return outcome
  }

  async function insist<T>(work: (client: Client) => Promise<T>): Promise<Outcome<T>> {
    const client = readyClient()
    if (client === null) return unavailable
    const outcome = await send(client, work)
    if (open && (outcome.ok || isAboutKey(outcome.error))) recover(client)
    return outcome
  }

  function readyClient(): Client | null {
    if (closed) return null
    const client = connection.get()
    return client.status === 'ready' ? client : null
  }

  return {
    ask,
    insist,
    async askTrusted(work) {
      if (open) {
        // A reader may be the one who finds out that Redis is back; what it reads is not believed yet.
        await ask(work)
        return unavailable
      }
      return performance.now() < trustedFrom ? unavailable : ask(work)
    },
    onTrouble: (listener) => void troubled.push(listener),
    onAnswer: (listener) => void answered.push(listener),
    close() {
      closed = true
      connection.close()
    },
  }
}

const unavailable: Outcome<never> = { ok: false, error: new Error('Redis is not reachable') }

/** The server is well, only this key is not what it should be. */
export function isAboutKey(error: unknown): boolean {
  return error instanceof Error && /^(WRONGTYPE|ERR) /.test(error.message)
}

function tellAll(listeners: readonly (() => void)[]): void {
  for (const listener of listeners) listener()
}
