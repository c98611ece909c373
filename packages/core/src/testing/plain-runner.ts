import { plainExpect } from './plain-expect.ts'
import type { Runner } from './runner.ts'

/** A test that a suite registered. */
export interface PlainTest {
  /** With the names of the groups around it. */
  readonly name: string
  /** @throws the failure; also when it takes longer than its time */
  run(): Promise<void>
}

export interface PlainRunner extends Runner {
  /** In the order in which they were registered. */
  readonly tests: readonly PlainTest[]
}

const defaultTimeoutMs = 15_000

/**
 * Gathers the tests of a suite for places where no test framework runs: inside a Worker, or in a plain program on any
 * runtime. Whoever made it runs them.
 *
 * @example
 * const runner = plainRunner()
 * storeSuite(runner, 'memory', { setup: async () => ({ store: memoryStore() }) })
 * for (const test of runner.tests) await test.run()
 */
export function plainRunner(): PlainRunner {
  const tests: PlainTest[] = []
  const groups: string[] = []
  const before: (() => Promise<void>)[] = []
  const after: (() => Promise<void>)[] = []
  return {
    tests,
    expect: plainExpect,
    describe(name, body) {
      groups.push(name)
      body()
      groups.pop()
    },
    it(name, body, timeoutMs = defaultTimeoutMs) {
      async function run(): Promise<void> {
        for (const step of before) await step()
        try {
          await within(timeoutMs, body())
        } finally {
          for (const step of after) await step()
        }
      }
      tests.push({ name: [...groups, name].join(' > '), run })
    },
    beforeEach: (run) => before.push(run),
    afterEach: (run) => after.push(run),
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The test took longer than ${ms} ms`)), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
