import type { Store } from '../ports/index.ts'
import { runSuite } from './registry.ts'
import type { Runner, Skip } from './runner.ts'
import { concurrencyTests } from './store/concurrency.ts'
import { createTests } from './store/create.ts'
import { cursorTests } from './store/cursors.ts'
import { editTests } from './store/edit.ts'
import { eventTests } from './store/events.ts'
import { openFixture } from './store/fixture.ts'
import type { StoreTests } from './store/fixture.ts'
import { hostileTests } from './store/hostile.ts'
import { idempotencyTests } from './store/idempotency.ts'
import { lifeTests } from './store/life.ts'
import { listTests } from './store/lists.ts'
import { pageTests } from './store/pages.ts'
import { purgeTests } from './store/purge.ts'
import { randomTests } from './store/random-ops.ts'
import { recordTests } from './store/records.ts'
import { restoreTests } from './store/restore.ts'
import { siteTests } from './store/sites.ts'
import { statusTests } from './store/status.ts'
import { threadTests } from './store/threads.ts'
import { userTests } from './store/users.ts'

export interface StoreSuiteOptions {
  /** A fresh, empty store for each test. The suite migrates and closes it. */
  readonly setup: () => Promise<{ readonly store: Store; readonly teardown?: () => Promise<void> }>
  readonly skip?: readonly Skip[]
  /** Seeds of the random operations that are always tried, besides a new one. @default [1, 2, 3] */
  readonly seeds?: readonly number[]
}

/**
 * Every promise of the store port, as tests. The runner is an argument, so that the same file runs under any of them.
 *
 * @example
 * import * as runner from 'vitest'
 * storeSuite(runner, 'memory', { setup: async () => ({ store: memoryStore() }) })
 */
export function storeSuite(runner: Runner, name: string, options: StoreSuiteOptions): void {
  const subjects: readonly StoreTests[] = [
    lifeTests,
    threadTests,
    createTests,
    idempotencyTests,
    editTests,
    statusTests,
    purgeTests,
    pageTests,
    cursorTests,
    listTests,
    userTests,
    siteTests,
    eventTests,
    recordTests,
    restoreTests,
    hostileTests,
    concurrencyTests,
    randomTests(options.seeds ?? [1, 2, 3]),
  ]
  runSuite(
    runner,
    `store: ${name}`,
    {
      ...(options.skip && { skip: options.skip }),
      async setup() {
        const { store, teardown } = await options.setup()
        return {
          subject: await openFixture(store),
          async teardown() {
            await store.close()
            await teardown?.()
          },
        }
      },
    },
    (registry) => {
      for (const tests of subjects) tests(registry)
    },
  )
}
