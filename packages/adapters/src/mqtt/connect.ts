import { setImmediate } from 'node:timers'
import { connect } from 'mqtt'
import type { Logger } from '@confab/core/ports'
import type { MqttClient } from './client.ts'

/** How a connection is made from an address. */
export interface MqttConnectOptions {
  readonly username?: string
  readonly password?: string
  /** Names this process at the broker; no two may have the same. @default `confab-` and a random part */
  readonly clientId?: string
  /** 5, or 4 for MQTT 3.1.1. @default 5, and 4 once the broker has refused that */
  readonly protocolVersion?: 4 | 5
  /** A certificate to trust besides those of the system, as PEM, for `mqtts:` and `wss:`. */
  readonly ca?: string
  /** A client certificate and its key, as PEM. */
  readonly cert?: string
  readonly key?: string
}

/** Said by the broker for a process that went without a word, at quality 1. */
export function lastWillTopic(clientId: string): string {
  return `c/1/sys/i/${clientId}`
}

/** A broker that stands still is noticed within one and a half of this, in seconds. */
const keepaliveS = 15

/**
 * Connects with MQTT 5, or with 3.1.1 where the broker knows nothing newer. It comes back by itself, each process after
 * a different while, so that a broker that was restarted is not stormed.
 */
export function connectTo(url: string, options: MqttConnectOptions, logger: Logger | undefined): MqttClient {
  const { clientId = `confab-${crypto.randomUUID().slice(0, 13)}`, protocolVersion = 5, ...credentials } = options
  const client = connect(url, {
    ...credentials,
    clientId,
    protocolVersion,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: 5_000,
    reconnectPeriod: 500 + Math.random() * 1_000,
    reconnectOnConnackError: true,
    // What cannot be said now is said otherwise; kept, it would come too late and all at once.
    queueQoSZero: false,
    // Subscriptions are made again here, so that it is known when they are there.
    resubscribe: false,
    will: { topic: lastWillTopic(clientId), payload: Buffer.from(clientId), qos: 1, retain: false },
  })
  client.on('error', (error) => {
    if (!isUnknownProtocol(error) || client.options.protocolVersion !== 5) return
    client.options.protocolVersion = 4
    logger?.info('The broker does not know MQTT 5; going on with 3.1.1')
    setImmediate(() => client.reconnect())
  })
  return client
}

/** Refused because of the version, as 3.1.1 (1) and as 5 (132) put it. */
function isUnknownProtocol(error: Error): boolean {
  return 'code' in error && (error.code === 1 || error.code === 132)
}
