import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Figure } from './report.ts'

const kilobyte = 1024

/** What a reader's page may load, in bytes after gzip, and what must not be in it. */
export interface Budget {
  readonly name: string
  readonly bytes: number
  readonly limit: number
  /** Names of libraries found that must not be there. */
  readonly found: readonly string[]
}

// Marks that survive minifying. Those of preact are checked on the file that must hold them, so they cannot go stale.
const marks = {
  preact: /\b__k\b/,
  zod: /\b_zod\b|\bZodError\b/,
  'the hono server': /next\(\) called multiple times/,
  mqtt: /mqtt/i,
  'node:': /["'`]node:/,
} as const

/** Reads the built browser files: `{ [name]: text }`. */
export function readBrowserFiles(folder: string): { [name: string]: string } {
  if (!existsSync(folder)) throw new Error('The widget is not built: run `pnpm run build` first')
  const names = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** Every budget of the browser files. */
export function budgets(files: { readonly [name: string]: string }): Budget[] {
  const all = Object.entries(files)
  const threadName = all.find(([name]) => /^thread-[0-9a-z]{8,}\.js$/.test(name))?.[0]
  const first = ['embed.js', 'count.js', threadName ?? 'thread-*.js']
  const [embed = '', count = '', thread = ''] = first.map((name) => {
    const text = files[name]
    if (text === undefined) throw new Error(`The build has no ${name}`)
    return text
  })
  const css = styleOf(thread)
  if (!marks.preact.test(thread)) throw new Error('The mark that tells preact is not in the thread: choose another one')
  const lean = ['preact', 'zod', 'the hono server', 'mqtt', 'node:'] as const
  const rest = ['zod', 'the hono server', 'mqtt', 'node:'] as const
  const parts = all.filter(([name]) => !first.includes(name))
  return [
    budget('loader', embed, 2 * kilobyte, lean),
    budget('count script', count, 0.8 * kilobyte, lean),
    budget('thread, scripts', thread.replace(css, ''), 15 * kilobyte, rest),
    budget('thread, styles', css, 5 * kilobyte, []),
    ...parts.map(([name, text]) => budget(`lazy ${name.replace(/-[0-9a-z]{8,}\./, '.')}`, text, 6 * kilobyte, rest)),
    {
      name: 'all together',
      bytes: all.reduce((sum, [, text]) => sum + size(text), 0),
      limit: 40 * kilobyte,
      found: [],
    },
  ]
}

function budget(name: string, text: string, limit: number, mustNot: readonly (keyof typeof marks)[]): Budget {
  return { name, bytes: size(text), limit, found: mustNot.filter((mark) => marks[mark].test(text)) }
}

/** The style sheet travels as a template text inside the thread's script. */
function styleOf(script: string): string {
  return script.split('`').find((text) => text.includes(':host')) ?? ''
}

function size(text: string): number {
  return gzipSync(text, { level: 9 }).length
}

/** The bytes of each browser file by its budget. Exact, so a miss is a failure. */
export function browserFiles(): Figure[] {
  const folder = join(import.meta.dirname, '..', '..', 'widget', 'dist', 'browser')
  return budgets(readBrowserFiles(folder)).map(({ name, bytes, limit }) => ({
    name: `bytes of ${name}`,
    unit: 'B',
    ours: [bytes],
    limit: [limit],
    ratios: [bytes / limit],
    goal: { atMost: 1, far: 1 },
  }))
}
