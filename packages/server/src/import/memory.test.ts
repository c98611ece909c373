import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runConfab, tempFolder } from '../server.fixture.ts'
import type { RunOptions } from '../server.fixture.ts'
import { disqusFile } from './formats/disqus.fixture.ts'
import { writeLargeExport } from './large-export.fixture.ts'
import type { ImportReport } from './report.ts'

/** The proof of the design's figure, with the built command: `CONFAB_IMPORT_MB=200 pnpm exec vitest run memory.test` */
const proofMb = Number(process.env['CONFAB_IMPORT_MB'] ?? 0)

const tellPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`))'

async function run(options: RunOptions, ...args: string[]): Promise<{ report: ImportReport; peakMb: number }> {
  const { code, stdout, stderr } = await runConfab(['import', 'disqus', '--json', ...args], {
    ...options,
    node: ['--import', tellPeak],
  })
  expect(code).toBe(0)
  // The worker tells it, then the process. Kilobytes on every system but macOS.
  const peak = Number(stderr.match(/(?<=^peak )\d+$/gm)?.at(-1)) * (process.platform === 'darwin' ? 1 : 1024)
  return { report: JSON.parse(stdout) as ImportReport, peakMb: peak / 1e6 }
}

const built = proofMb > 0
const megabytes = built ? proofMb : 40

it(`an import of ${megabytes} MB takes little memory`, async () => {
  const folder = tempFolder()
  const data = join(folder, 'data')
  const file = join(folder, 'export.xml')
  const comments = writeLargeExport(file, megabytes * 1e6)
  await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example', '--data', data])

  // From the sources there is a compiler in memory as well, so that what counts is how much more than for an empty file.
  const empty = join(folder, 'empty.xml')
  writeFileSync(empty, disqusFile(''))
  const base = await run({ built }, empty, '--data', data)
  const limitMb = built ? 150 : base.peakMb + 64

  const first = await run({ built }, file, '--data', data, ...(built ? [] : ['--dry-run']))
  expect(first.report).toMatchObject({ found: { comments }, written: comments, existing: 0 })
  expect(first.peakMb).toBeLessThan(limitMb)
  const seconds = (first.report.durationMs / 1000).toFixed(1)
  console.info(
    `${megabytes} MB, ${comments} comments: ${seconds} s, peak ${first.peakMb.toFixed(0)} MB (empty: ${base.peakMb.toFixed(0)} MB)`,
  )
}, 1_800_000)
