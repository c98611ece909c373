import type { Ms } from '@confab/core/ports'
import { StoreError } from '../store/errors.ts'
import { brokenConstraint } from './errors.ts'

/**
 * D1 has no transaction that reads, thinks and writes. What is read may be old when it is written, so a batch that writes
 * begins with a statement that fails unless all is still as it was read: it puts a row without its only, needed value
 * into a table that is always empty. A failed statement undoes its whole batch.
 *
 * @param condition of SQL, which must hold
 */
export function guardSql(condition: string): string {
  return `INSERT INTO guard (held) SELECT NULL WHERE NOT (${condition})`
}

/** What was read had changed before it was written. Nothing has happened. */
export function wasOvertaken(error: unknown): boolean {
  return brokenConstraint(error) === 'guard.held'
}

/**
 * Reads and writes again while others are faster: after a random time that grows, so that those who meet come apart. In
 * each round somebody gets through.
 *
 * @param isOvertaken errors after which it is worth another try
 * @throws StoreError `store_busy` when others are still faster after `limitMs`
 */
export async function untilFirst<T>(
  limitMs: Ms,
  attempt: () => Promise<T>,
  isOvertaken: (error: unknown) => boolean = wasOvertaken,
): Promise<T> {
  const giveUpAt = performance.now() + limitMs
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isOvertaken(error)) throw error
      if (performance.now() >= giveUpAt) {
        throw new StoreError('store_busy', 'Too many write to the same place at once: try again later', error)
      }
    }
    const longest = Math.min(20 * 2 ** tries, 400)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longest))
  }
}
