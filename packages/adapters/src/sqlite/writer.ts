import type { Database } from './database.ts'
import { StoreError } from '../store/errors.ts'

/** So many writes share a transaction at most: readers of this process wait for its end. */
const maxGroup = 256

/** The one door for writes. */
export interface Writer {
  /**
   * Runs `change` in a transaction and answers once it is durable. All that are waiting at the end of a turn of the
   * event loop share one transaction, and so one sync of the disk. `change` must be repeatable: it runs again when the
   * transaction has to be tried again.
   */
  write<T>(change: () => T): Promise<T>
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>
}

interface Waiting {
  /** Runs the change; the answer it returns is given only after the transaction is durable. */
  run(): () => void
  reject(error: unknown): void
}

export function createWriter(db: Database): Writer {
  const queue: Waiting[] = []
  let running: Promise<void> | null = null

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      // Everything that this turn of the loop still brings goes along.
      await new Promise(setImmediate)
      await settle(queue.splice(0, maxGroup))
    }
    running = null
  }

  /**
   * All in one transaction. Where it fails its halves are tried, down to the change that is to blame, so that a failure
   * does not undo its neighbours. A savepoint for each change would do the same at a tenth more for every write.
   */
  async function settle(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await db.attempt(() => inTransaction(db, () => group.map((one) => one.run())))
      for (const answer of answers) answer()
    } catch (error) {
      if (group.length === 1 || isStoreBusy(error)) {
        for (const one of group) one.reject(error)
      } else {
        const half = Math.ceil(group.length / 2)
        await settle(group.slice(0, half))
        await settle(group.slice(half))
      }
    }
  }

  return {
    write(change) {
      return new Promise((resolve, reject) => {
        queue.push({
          run() {
            const value = change()
            return () => resolve(value)
          },
          reject,
        })
        running ??= drain()
      })
    },
    async idle() {
      while (running) await running
    },
  }
}

function inTransaction<T>(db: Database, run: () => T): T {
  db.run('BEGIN IMMEDIATE')
  try {
    const value = run()
    db.run('COMMIT')
    return value
  } catch (error) {
    // SQLite has already rolled back by itself after some errors.
    if (db.handle.isTransaction) db.run('ROLLBACK')
    throw error
  }
}

function isStoreBusy(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'store_busy'
}
