import { defineCommand } from 'citty'
import { systemClock } from '@confab/core'
import type { Store } from '@confab/core/ports'
import { dataAt } from '../../data/data.ts'
import { siteDirectory } from '../../data/sites.ts'
import { openInputFile } from '../../import/input-file.ts'
import { withInput } from '../../transfer/input.ts'
import { restoreFile } from '../../transfer/restore.ts'
import type { RestoreReport } from '../../transfer/restore.ts'
import { count, counted } from '../../text.ts'
import { dataOption, jsonOption, storeOption } from '../options.ts'
import { print, printJson, progressLine } from '../output.ts'

/** `confab import jsonl` */
export const jsonl = defineCommand({
  meta: { name: 'jsonl', description: 'Bring back what "confab export" wrote' },
  args: {
    file: { type: 'positional', required: true, description: 'The export file, also gzipped; - for stdin' },
    site: { type: 'string', valueHint: 'ID', description: 'Only this site of the file' },
    'skip-existing': { type: 'boolean', description: 'Leave threads as they are that are there already' },
    'dry-run': { type: 'boolean', description: 'Check everything, write nothing, and say what would happen' },
    ...dataOption,
    ...storeOption,
    ...jsonOption,
  },
  async run({ args }) {
    const data = dataAt(args)
    const dryRun = args['dry-run'] === true
    // A file that is not there must not leave an empty folder.
    if (args.file !== '-') openInputFile(args.file)
    if (!dryRun) data.create()
    const progress = progressLine()
    const run = (store: Store | null): Promise<RestoreReport> =>
      withInput(args.file, (file) =>
        restoreFile({
          file,
          site: args.site ?? null,
          skipExisting: args['skip-existing'] === true,
          dryRun,
          store,
          sites: store === null ? null : siteDirectory(store, systemClock),
          onProgress: (phase, done, total) =>
            progress.show(
              phase === 'reading'
                ? `Reading: ${Math.floor((done / total) * 100)} %`
                : `Writing: ${count(done)} of ${count(total)}`,
            ),
        }),
      )
    const rehearse = (): Promise<RestoreReport> => (data.exists() ? data.withStore(run) : run(null))
    const report = await (dryRun ? rehearse() : data.alone(run)).finally(() => progress.end())
    if (args.json) printJson(report)
    else for (const line of reportLines(report)) print(line)
  },
})

function reportLines({ dryRun, threads, comments, skipped, addedSites }: RestoreReport): string[] {
  const did = dryRun ? 'Would import' : 'Imported'
  const lines = [`${did} ${counted(threads, 'thread')} with ${counted(comments, 'comment')}`]
  if (skipped > 0)
    lines.push(
      `${counted(skipped, 'thread')} ${skipped === 1 ? 'is' : 'are'} there already and stay${skipped === 1 ? 's' : ''} as before`,
    )
  if (addedSites.length > 0)
    lines.push(
      `${dryRun ? 'Would add' : 'Added'} the ${addedSites.length === 1 ? 'site' : 'sites'} ${addedSites.join(', ')}`,
    )
  return lines
}
