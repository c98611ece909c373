import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
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

if (proofMb === 0) {
  describe('the memory of an import', () => {
    it('does not grow with the file', async () => {
      const folder = tempFolder()
      const small = join(folder, 'small.xml')
      const large = join(folder, 'large.xml')
      writeFileSync(small, disqusFile(''))
      const comments = writeLargeExport(large, 40e6)
      const args = ['--dry-run', '--data', join(folder, 'none')]
      const { peakMb: base } = await run({}, small, ...args)
      const { report, peakMb } = await run({}, large, ...args)
      expect(report).toMatchObject({ found: { comments } })
      // Text and records of such a file take far more than that when they are all in memory.
      expect(peakMb - base).toBeLessThan(64)
    }, 120_000)
  })
} else {
  describe(`an import of ${proofMb} MB`, () => {
    it('takes less than 150 MB of memory', async () => {
      const folder = tempFolder()
      const data = join(folder, 'data')
      const file = join(folder, 'export.xml')
      const comments = writeLargeExport(file, proofMb * 1e6)
      await runConfab(['site', 'add', 'blog', '--origin', 'https://blog.example', '--data', data], { built: true })
      const first = await run({ built: true }, file, '--data', data)
      const second = await run({ built: true }, file, '--data', data)
      const show = ({ report, peakMb }: typeof first): string =>
        `${report.written} written in ${(report.durationMs / 1000).toFixed(1)} s, peak ${peakMb.toFixed(0)} MB`
      console.info(`${proofMb} MB: ${show(first)}; again: ${show(second)}`)
      expect(first.report).toMatchObject({ found: { comments }, written: comments, existing: 0 })
      expect(second.report).toMatchObject({ written: 0, existing: comments })
      expect(first.peakMb).toBeLessThan(150)
      expect(second.peakMb).toBeLessThan(150)
    }, 1_800_000)
  })
}
