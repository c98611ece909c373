import type { Reporter, TestModule } from 'vitest/node'

/**
 * A vitest reporter that ends the run with one line for machines: `12 passed, 0 failed, 1 skipped`.
 * A file that cannot be loaded and an error outside every test count as one failure each, so the line never says
 * "0 failed" about a run that ends non-zero. `CONFAB_FAILED_CHECKS`: so many checks failed before, see `test-all.ts`.
 */
export function lastLineReporter(): Reporter {
  return {
    onTestRunEnd(testModules, unhandledErrors, reason) {
      const count = { passed: 0, failed: 0, skipped: 0, pending: 0 }
      for (const testModule of testModules) {
        for (const test of testModule.children.allTests()) count[test.result().state] += 1
        count.failed += brokenParts(testModule)
      }
      // A test still pending when the run is over never answered.
      count.failed += count.pending + unhandledErrors.length
      if (count.failed === 0 && reason !== 'passed') count.failed = 1
      count.failed += Number(process.env['CONFAB_FAILED_CHECKS'] ?? 0)
      const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
      process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`)
    },
  }
}

/** How many files and suites failed by themselves: a throw at load time or in a hook, with no failed test to show for it. */
function brokenParts(testModule: TestModule): number {
  let broken = testModule.errors().length > 0 ? 1 : 0
  for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) broken += 1
  return broken
}
