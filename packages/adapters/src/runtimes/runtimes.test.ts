import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The oldest Node that users may have, and the newest of the others that were tried. They come by npm when asked for. */
const runtimes: { readonly [name: string]: readonly string[] } = {
  'Node 22.16.0': ['-p', 'node@22.16.0', '--', 'node', '--experimental-strip-types', '--conditions=confab-source'],
  'Bun 1.4.4': ['bun@1.4.4', '--conditions=confab-source'],
  'Deno 2.9.6': ['deno@2.9.6', 'run', '--allow-all', '--conditions=confab-source'],
}

const program = join(import.meta.dirname, 'suites.fixture.ts')
// Together a quarter of a gigabyte, so not every `npm test` fetches them.
const isWanted = Boolean(process.env['CONFAB_RUNTIMES'])
if (!isWanted) console.log('Bun, Deno and the oldest Node did not run: set CONFAB_RUNTIMES=1 to fetch and try them')

describe.runIf(isWanted)('the interface over memory and SQLite, and the SQLite store', () => {
  test.each(Object.entries(runtimes))(
    'on %s',
    async (name, args) => {
      const { code, output } = await run(args)
      const [last = ''] = output.trimEnd().split('\n').slice(-1)
      console.log(`${name}: ${last}`)
      expect(code, output.slice(-10_000)).toBe(0)
      expect(last).toMatch(/^\d{3,} passed, 0 failed$/)
    },
    240_000,
  )
})

async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const shell = process.platform === 'win32'
  const child = spawn('npx', ['-y', ...args, program], { shell, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { code, output: output === '' ? errors : output }
}
