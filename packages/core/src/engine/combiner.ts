import { endOfTurn } from '../runtime/turn.ts'
import type { Commit, CommitOptions, Op, OpResult, Store, ThreadRow, ThreadTarget } from '../ports/index.ts'

const maxOpsPerCommit = 64
const maxWaiting = 10_000

/** What one caller learns of the commit that carried its change. */
export interface Committed {
  readonly thread: ThreadRow | null
  readonly result: OpResult
}

/** Sends changes to the store, those of one thread together. */
export interface Combiner {
  /**
   * Resolves when the change is durable.
   * @throws whatever the store throws; `ConfabError` `unavailable` when too many changes wait already
   */
  commit(target: ThreadTarget, op: Op): Promise<Committed>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

interface Waiting {
  readonly target: ThreadTarget
  readonly op: Op
  resolve(committed: Committed): void
  reject(error: unknown): void
}

/**
 * Group commit: while one commit of a thread runs, further changes to it wait and then go together. An idle thread pays
 * no delay; a busy one pays for one transaction per group instead of one per change, and never meets itself in a conflict.
 * `onCommit` runs once for each commit, before its callers are answered.
 */
export function createCombiner(
  store: Pick<Store, 'commit'>,
  options: {
    readonly commitOptions: () => CommitOptions
    readonly around?: (target: ThreadTarget, run: () => Promise<Commit>) => Promise<Commit>
    readonly onCommit: (target: ThreadTarget, commit: Commit) => void
    readonly overloaded: () => Error
    /** Each change goes alone: requests of this runtime cannot wait for each other. */
    readonly isolated?: boolean
  },
): Combiner {
  const queues = new Map<string, Waiting[]>()
  const running = new Set<Promise<void>>()
  let waiting = 0
  const around = options.around ?? ((_target, run) => run())

  function track(run: Promise<void>): void {
    running.add(run)
    void run.finally(() => running.delete(run))
  }

  async function drain(key: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      // Those who were just answered write again in this turn, and so do others: one commit for all of them.
      await endOfTurn()
      const group = queue.splice(0, maxOpsPerCommit)
      waiting -= group.length
      await runGroup(group)
    }
    queues.delete(key)
  }

  async function runGroup(group: Waiting[]): Promise<void> {
    const [first] = group
    if (!first) return
    const target = mergeTargets(group)
    try {
      const commit = await around(target, () =>
        store.commit(
          target,
          group.map((entry) => entry.op),
          options.commitOptions(),
        ),
      )
      options.onCommit(target, commit)
      for (const [index, entry] of group.entries()) {
        const result = commit.results[index]
        if (result) entry.resolve({ thread: commit.thread, result })
        else entry.reject(new Error('The store answered fewer results than it was given changes'))
      }
    } catch (error) {
      for (const entry of group) entry.reject(error)
    }
  }

  return {
    commit(target, op) {
      return new Promise<Committed>((resolve, reject) => {
        if (waiting >= maxWaiting) {
          reject(options.overloaded())
          return
        }
        waiting += 1
        const key = `${target.site}/${target.thread}`
        const entry: Waiting = { target, op, resolve, reject }
        if (options.isolated) {
          waiting -= 1
          track(runGroup([entry]))
          return
        }
        const queue = queues.get(key)
        if (queue) {
          queue.push(entry)
          return
        }
        const fresh = [entry]
        queues.set(key, fresh)
        track(drain(key, fresh))
      })
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** Several first writers may know different things about the page: the first known url and title win. */
function mergeTargets(group: readonly Waiting[]): ThreadTarget {
  const [first] = group
  if (!first) throw new Error('A group is never empty')
  if (group.length === 1) return first.target
  const url = group.find((entry) => entry.target.url)?.target.url
  const title = group.find((entry) => entry.target.title)?.target.title
  return { ...first.target, url: url ?? null, title: title ?? null }
}
