import { defineCommand } from 'citty'
import { createIds, systemClock } from '@confab/core'
import type { Site, Store } from '@confab/core/ports'
import { dataAt } from '../../data/data.ts'
import { siteDirectory } from '../../data/sites.ts'
import { ServerError } from '../../errors.ts'
import type { ImportFormat } from '../../import/events.ts'
import { disqus } from '../../import/formats/disqus.ts'
import { importJournal } from '../../import/journal.ts'
import { reportLines } from '../../import/report.ts'
import type { ImportReport } from '../../import/report.ts'
import { runImport } from '../../import/run-import.ts'
import { undoImport } from '../../import/undo.ts'
import { jsonl } from './import-jsonl.ts'
import { dataOption, jsonOption, storeOption } from '../options.ts'
import { count, counted, oneLine } from '../../text.ts'
import { print, printJson, progressLine } from '../output.ts'

const undo = defineCommand({
  meta: { name: 'undo', description: 'Take away what one import wrote' },
  args: {
    id: {
      type: 'positional',
      required: true,
      description: 'The id of the import, from its report or "confab import list"',
    },
    ...dataOption,
    ...storeOption,
    ...jsonOption,
  },
  async run({ args }) {
    const data = dataAt(args)
    data.require()
    const progress = progressLine()
    const report = await data
      .alone((store) =>
        undoImport(args.id, {
          store,
          journal: importJournal(store),
          clock: systemClock,
          ids: createIds(),
          onProgress: (comments) => progress.show(`Removing: ${count(comments)}`),
        }),
      )
      .finally(() => progress.end())
    if (args.json) {
      printJson(report)
      return
    }
    if (report.repeat) {
      print(`The import ${report.id} was undone before: nothing to do`)
      return
    }
    print(`Removed ${counted(report.removed, 'comment')} of the import ${report.id} from the site ${report.site}`)
    if (report.placeholders > 0) {
      print(`${counted(report.placeholders, 'comment')} without text kept the place of answers that were written here`)
    }
  },
})

const list = defineCommand({
  meta: { name: 'list', description: 'List the imports, newest first' },
  args: { ...dataOption, ...storeOption, ...jsonOption },
  async run({ args }) {
    const data = dataAt(args)
    data.require()
    const entries = await data.withStore((store) => importJournal(store).list())
    if (args.json) {
      printJson({ items: entries })
      return
    }
    for (const { id, startedAt, site, format, file, state, comments } of entries) {
      const time = new Date(startedAt).toISOString().slice(0, 16)
      print([id, time, site, format, oneLine(file), state, String(comments)].join('\t'))
    }
  },
})

/** `confab import` */
export const importCommand = defineCommand({
  meta: { name: 'import', description: 'Bring comments from another system' },
  subCommands: { disqus: formatCommand(disqus), jsonl, undo, list },
})

function formatCommand(format: ImportFormat) {
  return defineCommand({
    meta: { name: format.name, description: `Import an export file of ${format.title}` },
    args: {
      file: { type: 'positional', required: true, description: 'The export file, also gzipped' },
      site: {
        type: 'string',
        valueHint: 'ID',
        description: 'The site the comments go to; needed when there are several',
      },
      'dry-run': { type: 'boolean', description: 'Read everything, write nothing, and say what would happen' },
      ...dataOption,
      ...storeOption,
      ...jsonOption,
    },
    async run({ args }) {
      const data = dataAt(args)
      const dryRun = args['dry-run'] === true
      if (!dryRun) data.require()
      const progress = progressLine()
      const run = async (store: Store | null): Promise<ImportReport> => {
        const site = await siteFor(store, args.site, dryRun)
        return runImport({
          format,
          file: args.file,
          site: site.id,
          maxDepth: site.maxDepth ?? 8,
          dryRun,
          store,
          // A dry run makes no ids of authors, and must not make a secret.
          secret: dryRun || store === null ? '' : await data.secret(store),
          clock: systemClock,
          ids: createIds(),
          onProgress: (phase, done, total) =>
            progress.show(
              phase === 'reading'
                ? `Reading: ${Math.floor((done / total) * 100)} %`
                : `Writing: ${count(done)} of ${count(total)}`,
            ),
        })
      }
      const rehearse = (): Promise<ImportReport> => (data.exists() ? data.withStore(run) : run(null))
      const report = await (dryRun ? rehearse() : data.alone(run)).finally(() => progress.end())
      if (args.json) printJson(report)
      else for (const line of reportLines(report)) print(line)
    },
  })
}

async function siteFor(store: Store | null, id: string | undefined, dryRun: boolean): Promise<Site> {
  if (store === null) return { id: id ?? 'site', origins: [] }
  const sites = siteDirectory(store, systemClock)
  if (id !== undefined) {
    const site = await sites.get(id)
    if (site !== null) return site
    if (dryRun) return { id, origins: [] }
    throw new ServerError(
      'not_found',
      `There is no site "${id}": add it with "confab site add ${id} --origin https://your.site".`,
    )
  }
  const [only, second] = await sites.list()
  if (only !== undefined && second === undefined) return only
  throw new ServerError(
    'not_found',
    only === undefined
      ? 'There is no site yet: add one with "confab site add ID --origin https://your.site".'
      : 'There are several sites: name the one the comments belong to with --site.',
  )
}
