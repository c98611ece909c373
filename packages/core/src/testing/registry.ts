import type { Runner, Skip } from './runner.ts'

/** Registers the tests of one suite: each gets its own subject, and those left out are named with their reason. */
export interface Registry<Subject> {
  readonly expect: Runner['expect']
  readonly describe: (name: string, body: () => void) => void
  readonly test: (name: string, body: (subject: Subject) => Promise<void>, timeoutMs?: number) => void
}

export function runSuite<Subject>(
  runner: Runner,
  name: string,
  options: {
    readonly skip?: readonly Skip[]
    readonly setup: () => Promise<{ readonly subject: Subject; readonly teardown: () => Promise<void> }>
  },
  tests: (registry: Registry<Subject>) => void,
): void {
  const reasons = new Map(options.skip?.map((skip) => [skip.test, skip.reason]))
  const unused = new Set(reasons.keys())

  runner.describe(name, () => {
    tests({
      expect: (value, message) => runner.expect(value, message),
      describe: (title, body) => void runner.describe(title, body),
      test(title, body, timeoutMs) {
        const reason = reasons.get(title)
        unused.delete(title)
        if (reason !== undefined) {
          runner.it(`${title} (left out: ${reason})`, async () => {})
          return
        }
        runner.it(
          title,
          async () => {
            const { subject, teardown } = await options.setup()
            try {
              await body(subject)
            } finally {
              await teardown()
            }
          },
          timeoutMs,
        )
      },
    })
    if (reasons.size > 0) {
      runner.it('leaves out only tests that exist', async () => {
        runner.expect([...unused]).toEqual([])
      })
    }
  })
}
