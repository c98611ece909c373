import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import type { Ms } from '@confab/core/ports'
import type { Row } from '../sql/rows.ts'
import { isBusy, toStoreError } from './errors.ts'

/** How long SQLite itself waits for a lock. It stops the whole process meanwhile, so it is short; longer waits are ours. */
const lockWaitMs: Ms = 25

/** A connection whose statements are prepared once. */
export interface Database {
  readonly handle: DatabaseSync
  all(sql: string, ...values: SQLInputValue[]): Row[]
  get(sql: string, ...values: SQLInputValue[]): Row | undefined
  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number
  /** Several reads from one state of the database. Also cheaper than each for itself: a read alone locks and unlocks. */
  snapshot<T>(read: () => T): T
  /**
   * Runs something that reads or writes, again while another process holds a lock.
   * @throws StoreError `store_busy` when the lock outlasts the patience
   */
  attempt<T>(run: () => T): Promise<T>
  /** Waits for what is being attempted, then closes the file, if it was opened here. */
  close(): Promise<void>
}

export function openDatabase(source: string | DatabaseSync, patienceMs: Ms): Database {
  const isOurs = typeof source === 'string'
  const handle = isOurs ? openFile(source) : source
  const statements = new Map<string, StatementSync>()
  const pauses = new Set<Promise<void>>()

  function prepare(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known) return known
    const statement = handle.prepare(sql)
    // Half the cost of objects, and the order stands in the statement anyway.
    statement.setReturnArrays(true)
    statements.set(sql, statement)
    return statement
  }

  const run: Database['run'] = (sql, ...values) => Number(prepare(sql).run(...values).changes)

  return {
    handle,
    // The type of the driver does not know about `setReturnArrays`.
    all: (sql, ...values) => prepare(sql).all(...values) as unknown as Row[],
    get: (sql, ...values) => prepare(sql).get(...values) as unknown as Row | undefined,
    run,
    snapshot(read) {
      run('BEGIN')
      try {
        return read()
      } finally {
        run('COMMIT')
      }
    },
    async attempt(run) {
      const giveUpAt = performance.now() + patienceMs
      for (;;) {
        try {
          return run()
        } catch (error) {
          if (!isBusy(error) || performance.now() >= giveUpAt) throw toStoreError(error)
        }
        // Random, so that several waiting processes do not come back together.
        const pause = wait(5 + Math.random() * 20)
        pauses.add(pause)
        await pause
        pauses.delete(pause)
      }
    },
    async close() {
      while (pauses.size > 0) await Promise.all(pauses)
      statements.clear()
      if (isOurs && handle.isOpen) handle.close()
    },
  }
}

function openFile(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: lockWaitMs })
  } catch (error) {
    throw toStoreError(error)
  }
}
