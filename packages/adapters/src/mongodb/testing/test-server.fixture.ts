import type { StandIn } from './stand-in/stand-in.fixture.ts'

/** A server for a test file, and what can be done to it. */
export interface TestServer {
  readonly url: string
  /** `false`: the stand-in, which has no plans to explain and no speed to measure. */
  readonly real: boolean
  readonly members: number
  readonly version: string
  /** The primary dies at once, and comes back after a while. `null`: cannot be done to this server. */
  readonly killPrimary: (() => Promise<void>) | null
  readonly stepDown: (() => Promise<void>) | null
  /** The primary stands still for so long. */
  readonly pausePrimary: ((ms: number) => Promise<void>) | null
  readonly standIn: StandIn | null
  stop(): Promise<void>
}
