import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Fault } from './source.ts'

/** The packages that users install. */
export const publicPackages = ['core', 'adapters', 'widget', 'server']

/** One way into a package: the file in each of its forms, or one plain file. */
type Entry = string | { readonly [condition: string]: string }

/** The `exports` of a package.json. */
export interface Exports {
  readonly [subpath: string]: Entry
}

/** The entries of a package, as its package.json lists them. */
export function readExports(root: string, packageName: string): Exports {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'packages', packageName, 'package.json'), 'utf8'))
  if (typeof manifest !== 'object' || manifest === null || !('exports' in manifest)) return {}
  return manifest.exports as Exports
}

/** Every entry names files that exist after the build, and every adapter can be reached. */
export function exportFaults(root: string): Fault[] {
  return publicPackages.flatMap((name) => {
    const folder = join(root, 'packages', name)
    const files = globSync('{src,dist}/**/*', { cwd: folder }).map((path) => `./${path.replaceAll('\\', '/')}`)
    const subpaths = readExports(root, name)
    const faults = [...missingFiles(subpaths, new Set(files)), ...wrongPaths(subpaths)]
    if (name === 'adapters') faults.push(...unreachable(subpaths, files))
    if (!existsSync(join(folder, 'dist'))) faults.push('is not built: run `pnpm run build` first')
    return faults.map((fault) => `packages/${name}: ${fault}`)
  })
}

/** Targets that are not there. */
export function missingFiles(subpaths: Exports, files: ReadonlySet<string>): Fault[] {
  return Object.entries(subpaths).flatMap(([subpath, entry]) => {
    const targets = typeof entry === 'string' ? [entry] : Object.values(entry)
    return targets
      .filter((target) => !files.has(target))
      .map((target) => `${subpath} names ${target}, which is missing`)
  })
}

/** Path equals subpath: `./redis` is `src/redis/index.ts`, so a reader finds an entry without the manifest. */
export function wrongPaths(subpaths: Exports): Fault[] {
  return Object.entries(subpaths).flatMap(([subpath, entry]) => {
    const source = typeof entry === 'string' ? undefined : entry['confab-source']
    if (source === undefined) return []
    const name = subpath.replace(/^\.\/?/, '')
    const expected = [posix.join('src', name, 'index.ts'), `src/runtime/${name}.ts`, `src/${name}.ts`]
    return expected.includes(source.slice(2)) ? [] : [`${subpath} is ${source}, expected ./${expected[0]}`]
  })
}

/** Adapters that no subpath exports. */
export function unreachable(subpaths: Exports, files: readonly string[]): Fault[] {
  const sources = new Set(
    Object.values(subpaths).map((entry) => (typeof entry === 'string' ? entry : entry['confab-source'])),
  )
  return files
    .filter((file) => /^\.\/src\/[^/]+\/index\.ts$/.test(file) && !sources.has(file))
    .map((file) => `${file} is exported by no subpath`)
}
