// What `npm test` runs after the build: every check, then every suite, the suites also when a check has failed, so that
// one run shows all that is wrong. Failed checks count as failures in the last line.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

function run(script: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): number {
  const { status } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  return status ?? 1
}

const failedChecks = run('scripts/check.ts', [])
const vitest = run('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)], {
  CONFAB_FAILED_CHECKS: String(failedChecks),
})
process.exitCode = failedChecks === 0 ? vitest : 1
