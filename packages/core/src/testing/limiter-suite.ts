import type { Clock, Limiter, Ms } from '../ports/index.ts'
import { runSuite } from './registry.ts'
import type { Runner, Skip } from './runner.ts'

export interface LimiterSuiteOptions {
  /** A fresh limiter for each test that takes its time from `clock`. */
  readonly setup: (clock: Clock) => Promise<{ readonly limiter: Limiter; readonly teardown?: () => Promise<void> }>
  readonly skip?: readonly Skip[]
}

interface Subject {
  readonly take: (key: string, cost?: number) => Promise<Ms>
  readonly limiter: Limiter
  readonly pass: (ms: Ms) => void
}

/** Five at once, one more each minute. */
const rule = { burst: 5, perMs: 300_000 }
const minute = 60_000

/**
 * Every promise of the limiter port, as tests.
 *
 * @example
 * limiterSuite(runner, 'memory', { setup: async (clock) => ({ limiter: memoryLimiter({ clock }) }) })
 */
export function limiterSuite(runner: Runner, name: string, options: LimiterSuiteOptions): void {
  runSuite<Subject>(
    runner,
    `limiter: ${name}`,
    {
      ...(options.skip && { skip: options.skip }),
      async setup() {
        let now = 1_700_000_000_000
        const { limiter, teardown = async () => {} } = await options.setup({ now: () => now })
        return {
          subject: {
            limiter,
            pass: (ms) => void (now += ms),
            /** 0 when it was allowed, otherwise the time to wait. */
            async take(key, cost) {
              const result = await limiter.take(key, rule, cost)
              return result.ok ? 0 : result.retryMs
            },
          },
          teardown,
        }
      },
    },
    ({ test, expect }) => {
      test('allows a burst, then refuses with the time to wait', async ({ take }) => {
        for (let i = 0; i < 5; i++) expect(await take('a')).toBe(0)
        expect(await take('a')).toBe(minute)
      })

      test('refills evenly', async ({ take, pass }) => {
        for (let i = 0; i < 5; i++) await take('a')
        pass(minute - 1)
        expect(await take('a')).toBe(1)
        pass(1)
        expect(await take('a')).toBe(0)
        expect(await take('a')).toBe(minute)
        pass(3 * minute)
        for (let i = 0; i < 3; i++) expect(await take('a')).toBe(0)
        expect(await take('a')).toBe(minute)
      })

      test('never saves up more than a burst', async ({ take, pass }) => {
        await take('a')
        pass(100 * rule.perMs)
        for (let i = 0; i < 5; i++) expect(await take('a')).toBe(0)
        expect(await take('a')).toBe(minute)
      })

      test('allows again after exactly the time it named', async ({ take, pass }) => {
        for (let i = 0; i < 5; i++) await take('a')
        pass(await take('a'))
        expect(await take('a')).toBe(0)
      })

      test('does not punish those who ask too early', async ({ take, pass }) => {
        for (let i = 0; i < 5; i++) await take('a')
        for (let i = 0; i < 20; i++) expect(await take('a')).toBe(minute)
        pass(minute)
        expect(await take('a')).toBe(0)
      })

      test('counts a cost, and all of it or nothing', async ({ take, pass }) => {
        expect(await take('a', 3)).toBe(0)
        expect(await take('a', 3)).toBe(minute)
        expect(await take('a', 2)).toBe(0)
        pass(2 * minute)
        expect(await take('a', 3)).toBe(minute)
        expect(await take('a', 2)).toBe(0)
      })

      test('never allows more at once than the rule knows', async ({ take, pass }) => {
        expect((await take('a', 6)) > 0).toBe(true)
        pass(10 * rule.perMs)
        expect((await take('a', 6)) > 0).toBe(true)
        expect(await take('a', 5)).toBe(0)
      })

      test('keeps keys apart, whatever they are', async ({ take }) => {
        const keys = ['a', 'b', 'a:b', '__proto__', '{x}', '*', ' ', 'ü🙂', "'\\\n"]
        for (const key of keys) {
          for (let i = 0; i < 5; i++) expect(await take(key), key).toBe(0)
          expect(await take(key), key).toBe(minute)
        }
      })

      test('lets several callers at once never pass more than the rule', async ({ take }) => {
        const waits = await Promise.all(Array.from({ length: 50 }, () => take('a')))
        expect(waits.filter((wait) => wait === 0).length).toBe(5)
      })

      test('takes rules whose numbers do not divide', async ({ limiter, pass }) => {
        const odd = { burst: 7, perMs: 1000 }
        const allowed = async () => {
          let count = 0
          while ((await limiter.take('odd', odd)).ok) count++
          return count
        }
        expect(await allowed()).toBe(7)
        pass(1000)
        expect(await allowed()).toBe(7)
        // Seven in 1000 ms is one in 142.86 ms: 49 more after 7 s, whichever way they are asked for.
        let later = 0
        for (let ms = 0; ms < 7000; ms += 10) {
          pass(10)
          later += await allowed()
        }
        expect(later).toBe(49)
      })
    },
  )
}
