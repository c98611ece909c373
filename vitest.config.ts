import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { lastLineReporter } from './scripts/last-line-reporter.ts'

// Packages find each other's sources through this condition, so tests need no build.
const conditions = ['confab-source', ...defaultServerConditions]
const packagesUnderUnitTest = ['core', 'adapters', 'widget', 'server']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['confab-source'] } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    environment: 'node',
    passWithNoTests: false,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    reporters: ['default', lastLineReporter()],
    coverage: { include: ['packages/*/src/**'] },
    projects: [
      // The order is said for each: left out, it would not hold on a machine with two processors.
      ...packagesUnderUnitTest.map((name) => ({
        extends: true as const,
        test: { name, include: [`packages/${name}/src/**/*.test.{ts,tsx}`], sequence: { groupOrder: 1 } },
      })),
      { extends: true, test: { name: 'scripts', include: ['scripts/**/*.test.ts'], sequence: { groupOrder: 1 } } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['packages/e2e/src/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // One browser at a time, and only after the unit tests: figures such as "appears within a second" need the processor.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
