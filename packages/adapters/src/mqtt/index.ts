export type { MqttClient, MqttPacket, MqttPublishOptions, MqttSubscribeOptions } from './client.ts'
export type { MqttConnectOptions } from './connect.ts'
export { mqttPubSub } from './pubsub.ts'
export type { MqttPubSubOptions, MqttSource } from './pubsub.ts'
