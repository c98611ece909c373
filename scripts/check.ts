// Every check that is not a test, each with one line: `node scripts/check.ts`, after a build. They do not depend on each
// other, so all run at once and all report. The exit code is the number of checks that failed.
import { join } from 'node:path'
import { bundleFaults } from './checks/bundles.ts'
import { dependencyFaults } from './checks/dependencies.ts'
import { docFaults } from './checks/docs.ts'
import { exportFaults } from './checks/exports.ts'
import { importFaults } from './checks/import-rules.ts'
import { packedFaults } from './checks/packed.ts'
import { readSources } from './checks/source.ts'
import type { Fault } from './checks/source.ts'
import { runTool } from './checks/tool.ts'
import { readTracked, registryHost, wordFaults } from './checks/words.ts'

const root = join(import.meta.dirname, '..')

const steps: { readonly [name: string]: () => Promise<Fault[]> | Fault[] } = {
  lint: () => runTool(root, 'oxlint'),
  format: () => runTool(root, 'oxfmt', '--check'),
  'types of tests': () => runTool(root, 'tsc', '-b', 'tsconfig.test.json'),
  'import rules': () => importFaults(readSources(root)),
  dependencies: () => dependencyFaults(root, readSources(root)),
  exports: () => exportFaults(root),
  'public docs': () => docFaults(root, readSources(root)),
  words: () => wordFaults(readTracked(root), registryHost(process.env)),
  'browser files': () => bundleFaults(root),
  packages: () => packedFaults(root),
}

let failed = 0
await Promise.all(
  Object.entries(steps).map(async ([name, step]) => {
    const begin = performance.now()
    let faults: Fault[]
    try {
      faults = await step()
    } catch (error) {
      faults = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    if (faults.length > 0) failed += 1
    console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
    for (const fault of faults) console.log(fault.replaceAll(/^/gm, '     '))
  }),
)
if (failed > 0) {
  console.error(`${failed} of ${Object.keys(steps).length} checks failed`)
  process.exitCode = failed
}
