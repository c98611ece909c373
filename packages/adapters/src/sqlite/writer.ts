import type { Database } from './database.ts'
import { isBusy, toStoreError } from './errors.ts'

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
      const group = queue.splice(0, maxGroup)
      try {
        const answers = await db.attempt(() => writeGroup(db, group))
        for (const answer of answers) answer()
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    running = null
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

function writeGroup(db: Database, group: readonly Waiting[]): (() => void)[] {
  db.run('BEGIN IMMEDIATE')
  try {
    const answers = group.length === 1 ? group.map((one) => one.run()) : group.map((one) => runApart(db, one))
    db.run('COMMIT')
    return answers
  } catch (error) {
    // SQLite has already rolled back by itself after some errors.
    if (db.handle.isTransaction) db.run('ROLLBACK')
    throw error
  }
}

/** In its own savepoint, so that a change that fails does not undo its neighbours. */
function runApart(db: Database, one: Waiting): () => void {
  db.run('SAVEPOINT change')
  try {
    const answer = one.run()
    db.run('RELEASE change')
    return answer
  } catch (error) {
    // Gone with the transaction, or only to be tried again: that concerns the whole group.
    if (!db.handle.isTransaction || isBusy(error)) throw error
    db.run('ROLLBACK TO change')
    db.run('RELEASE change')
    return () => one.reject(toStoreError(error))
  }
}
