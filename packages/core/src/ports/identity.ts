import type { Role } from './store.ts'

/** Who the host says is asking. */
export interface Identity {
  /** Stable, unique on the host; at most 100 characters, not starting with `guest:`. */
  readonly id: string
  /** At most 100 characters. */
  readonly name: string
  readonly email?: string | null
  /** An https address, or a path on the host. */
  readonly avatar?: string | null
  readonly website?: string | null
  /** The strongest of `member`, `moderator` and `admin` counts; none of them is `member`. */
  readonly roles?: readonly string[]
}

/** Reads the host's own session. `null`: nobody is signed in. */
export type Identify = (request: Request) => Identity | null | Promise<Identity | null>

/** Who is asking, after all ways of knowing have been tried. */
export interface Viewer {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly email: string | null
  readonly avatar: string | null
  readonly website: string | null
}
