import type { Logger, Ms, PubSub } from '@confab/core/ports'
import type { MqttClient, MqttPacket, MqttPublishOptions } from './client.ts'
import type { MqttConnectOptions } from './connect.ts'
import { connectTo } from './connect.ts'
import { createSubscriptions } from './subscriptions.ts'

/** Messages on their way into the socket at once. More means that the broker does not take them. */
const maxUnderWay = 10_000
/** How long a broker has to take leave. */
const endMs: Ms = 1_000

/** A client of yours, which you end; a function that makes one, or an address: these end with the bus. */
export type MqttSource = MqttClient | (() => MqttClient) | string

export interface MqttPubSubOptions extends MqttConnectOptions {
  /** How long `subscribe` waits for the broker's word before it goes on without, in ms. @default 2000 */
  readonly timeoutMs?: Ms
  /** Hears when the broker goes and comes. @default nobody */
  readonly logger?: Logger
}

/**
 * The bus between processes over an MQTT broker such as Mosquitto or EMQX, with mqtt.js 5. Messages may be lost, and
 * nobody ever waits for a broker that is away: `publish` then rejects with the code `bus_offline`, a subscription is made
 * as soon as the broker is back, and after that the listeners of `onDrop` are called.
 *
 * @param source an address such as `mqtt://127.0.0.1:1883`, for which the options are; or a client
 *
 * @example
 * const bus = mqttPubSub('mqtts://broker.example.org:8883', { username: 'confab', password })
 * const confab = createConfab({ store, sites, bus })
 */
export function mqttPubSub(source: MqttSource, options: MqttPubSubOptions = {}): PubSub {
  const { timeoutMs = 2_000, logger, ...connection } = options
  const dropped: (() => void)[] = []
  const underWay = new Set<(error: Error) => void>()
  let client: MqttClient | null = null
  /** The operator knows that the broker is away. */
  let isTold = false
  let closed = false

  const subscriptions = createSubscriptions({
    timeoutMs,
    client: open,
    onMissed: tellDropped,
    onRefused: (filter) => logger?.warn('The broker does not allow a subscription any more', { filter }),
  })

  /** Opened on first use. */
  function open(): MqttClient {
    if (client) return client
    if (typeof source === 'string') client = connectTo(source, connection, logger)
    else client = typeof source === 'function' ? source() : source
    client.on('connect', onConnect)
    client.on('close', onClose)
    client.on('error', onError)
    client.on('message', onMessage)
    return client
  }

  function onConnect(): void {
    if (isTold) logger?.info('The broker is back')
    isTold = false
    // What was said meanwhile was not heard; that is only known for good once the subscriptions stand again.
    void subscriptions.renew().then((isRenewed) => isRenewed && tellDropped())
  }

  function onClose(): void {
    onError(new Error('The connection was closed'))
    for (const fail of underWay) fail(offline())
    underWay.clear()
  }

  /** Once for each absence; a client without a listener for errors would end the process. */
  function onError(error: Error): void {
    if (!isTold) logger?.warn('The broker cannot be reached and is tried again', { error: error.message })
    isTold = true
  }

  function onMessage(topic: string, payload: Buffer, packet: MqttPacket): void {
    subscriptions.deliver(topic, payload, packet.properties?.subscriptionIdentifier)
  }

  function tellDropped(): void {
    for (const listener of dropped) listener()
  }

  function assertOpen(): void {
    if (closed) throw failure('bus_closed', 'The bus is closed')
  }

  /** Resolves when the broker has it (quality 1) or the socket has (quality 0). */
  function send(to: MqttClient, topic: string, message: Buffer, how: MqttPublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      underWay.add(reject)
      to.publish(topic, message, how, (error) => {
        underWay.delete(reject)
        if (error) reject(error)
        else resolve()
      })
    })
  }

  return {
    async publish(topic, payload, { qos = 0, ttlMs } = {}) {
      assertOpen()
      const to = open()
      if (!to.connected) throw offline()
      if (underWay.size >= maxUnderWay) throw failure('bus_busy', 'The broker does not take messages fast enough')
      const is5 = to.options.protocolVersion === 5
      const expiry = is5 && ttlMs !== undefined ? Math.max(1, Math.ceil(ttlMs / 1000)) : null
      // A copy, because the caller may use its bytes again while these still wait for the socket.
      const message = Buffer.from(payload)
      await send(to, topic, message, { qos, ...(expiry !== null && { properties: { messageExpiryInterval: expiry } }) })
      // Version 5 is asked not to send one's own messages back; the older one always does.
      if (is5) subscriptions.deliverOwn(topic, message)
    },

    async subscribe(filter, on, { qos = 0 } = {}) {
      assertOpen()
      return subscriptions.add(filter, on, qos)
    },

    onDrop: (listener) => void dropped.push(listener),

    async close() {
      if (closed) return
      closed = true
      if (!client) return
      client.off('connect', onConnect)
      client.off('close', onClose)
      client.off('message', onMessage)
      // Of a client that ends, errors may still come.
      if (typeof source === 'object') client.off('error', onError)
      for (const fail of underWay) fail(failure('bus_closed', 'The bus is closed'))
      if (typeof source === 'object') await subscriptions.leaveAll()
      else await end(client)
    },
  }
}

/** Not by force, which a broker would take for a death and tell everybody; but one that stands still is not waited for. */
async function end(client: MqttClient): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      client.stream?.destroy()
      resolve()
    }, endMs)
  })
  await Promise.race([client.endAsync(!client.connected).catch(() => undefined), late])
  clearTimeout(timer)
}

function offline(): Error {
  return failure('bus_offline', 'The broker cannot be reached')
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
