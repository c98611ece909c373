export { durableBus } from './bus.ts'
export type { DurableBusOptions, TopicAnswer, TopicListener, TopicNamespace } from './bus.ts'
export { LiveTopic } from './topic.ts'
export type { TopicSocket, TopicState } from './topic.ts'
