import { join } from 'node:path'
import { budgets, readBrowserFiles } from '../../packages/bench/src/browser-files.ts'
import type { Fault } from './source.ts'

/** Browser files above their budget, or with a library in them that must not reach a page. Needs a build. */
export function bundleFaults(root: string): Fault[] {
  return faultsOf(readBrowserFiles(join(root, 'packages', 'widget', 'dist', 'browser')))
}

/** The same for files in memory. */
export function faultsOf(files: { readonly [name: string]: string }): Fault[] {
  return budgets(files).flatMap(({ name, bytes, limit, found }) => [
    ...(bytes > limit ? [`${name}: ${bytes} bytes after gzip, ${Math.floor(limit)} are allowed`] : []),
    ...found.map((library) => `${name}: holds ${library}`),
  ])
}
