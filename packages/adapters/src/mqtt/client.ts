/** What a message carries beside topic and payload, as far as it is used here. */
export interface MqttPacket {
  readonly properties?: { readonly subscriptionIdentifier?: number | number[] }
}

export interface MqttPublishOptions {
  readonly qos: 0 | 1
  readonly properties?: { readonly messageExpiryInterval: number }
}

export interface MqttSubscribeOptions {
  readonly qos: 0 | 1
  /** No messages of one's own. */
  readonly nl?: boolean
  readonly properties?: { readonly subscriptionIdentifier: number }
}

/** The part of a client that is used here; one of mqtt.js 5 fits as it is. */
export interface MqttClient {
  readonly connected: boolean
  /** What the broker said of itself when the connection was made. */
  readonly serverProperties?: { readonly subscriptionIdentifiersAvailable?: boolean } | undefined
  readonly options: { readonly protocolVersion?: number | undefined }
  publish(topic: string, message: Buffer, options: MqttPublishOptions, done: (error?: Error) => void): unknown
  subscribeAsync(topic: string, options: MqttSubscribeOptions): Promise<unknown>
  unsubscribeAsync(topic: string): Promise<unknown>
  on(event: 'connect', listener: () => void): unknown
  on(event: 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'message', listener: (topic: string, payload: Buffer, packet: MqttPacket) => void): unknown
  off(event: 'connect', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'message', listener: (topic: string, payload: Buffer, packet: MqttPacket) => void): unknown
  /** The connection itself, to be ended when the broker does not answer any more. */
  readonly stream?: { destroy(): unknown }
  endAsync(force: boolean): Promise<unknown>
}
