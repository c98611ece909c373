import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault, SourceFile } from './source.ts'

interface WordRule {
  readonly where: RegExp
  readonly not: RegExp
  readonly why: string
}

const rules: readonly WordRule[] = [
  {
    where: /^packages\/[^/]+\/src\//,
    not: /\b(TODO|FIXME|XXX|HACK)\b|\b[Nn]ot implemented\b/,
    why: 'finish it or leave it out',
  },
  {
    where: /./,
    not: /(^|[^\w./-])(\/(home|Users|root|work|workspace)\/[\w.-]|[A-Z]:\\Users\\)/,
    why: 'a path of one machine is wrong on every other',
  },
  {
    where: /^pnpm-lock\.yaml$/,
    not: /https?:\/\//,
    why: 'a lockfile that names a registry works only where that registry does',
  },
]

/** The files git knows or would add, with their text. Binary files are left out. */
export function readTracked(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed.split('\0').flatMap((path) => {
    if (path === '') return []
    try {
      const text = readFileSync(join(root, path), 'utf8')
      return text.includes('\0') ? [] : [{ path, text }]
    } catch {
      return [] // deleted, not yet committed
    }
  })
}

/** Words that must not be in a file of the repository. `registry`: the host packages come from on this machine. */
export function wordFaults(files: readonly SourceFile[], registry: string | null): Fault[] {
  return files.flatMap(({ path, text }) => {
    const faults: Fault[] = []
    const mine = rules.filter((rule) => rule.where.test(path))
    for (const [index, line] of text.split('\n').entries()) {
      for (const rule of mine) {
        const word = rule.not.exec(line)?.[0]
        if (word !== undefined) faults.push(`${path}:${index + 1}: "${word.trim()}": ${rule.why}`)
      }
      if (registry !== null && line.includes(registry)) {
        faults.push(`${path}:${index + 1}: names a package registry`)
      }
    }
    return faults
  })
}

/** The registry's host as npm and pnpm tell their scripts; `null` where they do not. */
export function registryHost(environment: NodeJS.ProcessEnv): string | null {
  return URL.parse(environment['npm_config_registry'] ?? '')?.hostname ?? null
}
