import type { Bytes, Ms } from './basics.ts'

/** Messages between processes. They may be lost, doubled or late: versions heal that. */
export interface PubSub {
  /** Rejects when it is already known that the message is lost. */
  publish(topic: string, payload: Bytes, options?: { readonly qos?: 0 | 1; readonly ttlMs?: Ms }): Promise<void>
  /** An exact topic, or a filter ending in `/#`. Answers with the way to stop. */
  subscribe(
    filter: string,
    on: (topic: string, payload: Bytes) => void,
    options?: { readonly qos?: 0 | 1 },
  ): Promise<() => Promise<void>>
  /**
   * Called when the connection was lost and is back, with every subscription: messages to and from here may have been
   * missed until now.
   */
  onDrop(listener: () => void): void
  close(): Promise<void>
}
