export { memoryLimiter } from './limiter.ts'
export { memoryPubSub } from './pubsub.ts'
export { memoryStore } from './store.ts'
