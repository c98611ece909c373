/** What the suites need of a test runner. The namespace of `vitest` and of `bun:test` fit as they are. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown
  readonly expect: (value: unknown, message?: string) => Matchers
  readonly beforeEach: (run: () => Promise<void>) => unknown
  readonly afterEach: (run: () => Promise<void>) => unknown
}

export interface Matchers {
  readonly not: Matchers
  readonly rejects: AsyncMatchers
  toBe(expected: unknown): unknown
  toEqual(expected: unknown): unknown
  toStrictEqual(expected: unknown): unknown
  toMatchObject(expected: object): unknown
  toBeGreaterThan(expected: number): unknown
  toBeLessThanOrEqual(expected: number): unknown
}

export interface AsyncMatchers {
  toThrow(expected?: unknown): Promise<unknown>
  toMatchObject(expected: object): Promise<unknown>
}

/** A test of a suite that one adapter cannot pass, with the reason in words. */
export interface Skip {
  /** The test's own name. A name that no test has fails the suite. */
  readonly test: string
  readonly reason: string
}
