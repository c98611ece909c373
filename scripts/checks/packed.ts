import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publicPackages, readExports } from './exports.ts'
import type { Fault } from './source.ts'
import { runTool } from './tool.ts'

const run = promisify(execFile)
const windows = process.platform === 'win32'

/** Packs each public package as it would be published and asks `publint` and `attw` what a user would meet. */
export async function packedFaults(root: string): Promise<Fault[]> {
  const folder = mkdtempSync(join(tmpdir(), 'confab-pack-'))
  try {
    const filters = publicPackages.flatMap((name) => ['--filter', `./packages/${name}`])
    await run('pnpm', ['--recursive', ...filters, 'pack', '--pack-destination', folder], { cwd: root, shell: windows })
    const tarballs = readdirSync(folder).map((name) => join(folder, name))
    const faults = await Promise.all([
      ...tarballs.map((tarball) => runTool(root, 'publint', tarball, '--strict')),
      ...publicPackages.map((name) => {
        const tarball = tarballs.find((path) => path.includes(`-${name}-`))
        if (tarball === undefined) return [`packages/${name} was not packed`]
        // Plain scripts for pages have no types to be wrong about.
        const scripts = Object.entries(readExports(root, name)).flatMap(([path, entry]) =>
          typeof entry === 'string' ? [path] : [],
        )
        const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color']
        if (scripts.length > 0) options.push('--exclude-entrypoints', ...scripts)
        return runTool(root, 'attw', tarball, ...options)
      }),
      ...tarballs.map((tarball) => contents(tarball)),
    ])
    return faults.flat()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A package holds its licence, and neither tests nor the compiler's notes. */
async function contents(tarball: string): Promise<Fault[]> {
  const { stdout } = await run('tar', ['-tzf', tarball])
  const files = stdout.split('\n')
  const faults = files
    .filter((file) => /\.(test|fixture)\.|\.tsbuildinfo$/.test(file))
    .map((file) => `${tarball}: ${file} is not for users`)
  if (!files.includes('package/LICENSE')) faults.push(`${tarball}: holds no LICENSE`)
  return faults
}
