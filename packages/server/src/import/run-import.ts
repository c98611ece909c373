import type { Clock, Ids, Store } from '@confab/core/ports'
import { htmlToMarkdown } from './html-to-markdown.ts'
import { openInputFile } from './input-file.ts'
import type { ImportFormat } from './events.ts'
import { maxSkippedItems } from './report.ts'
import type { ImportReport } from './report.ts'
import { openSession } from './session.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { writeStaged } from './write.ts'

export interface ImportOptions {
  readonly format: ImportFormat
  readonly file: string
  readonly site: string
  /** The depth limit of the site. */
  readonly maxDepth: number
  readonly dryRun: boolean
  /** `null` only in a dry run: there is no database yet. */
  readonly store: Store | null
  /** Hides the names behind imported authors' ids. */
  readonly secret: string
  readonly clock: Clock
  readonly ids: Ids
  readonly onProgress: (phase: 'reading' | 'writing', done: number, total: number) => void
}

/**
 * Reads the file to its end, then writes what it holds. A file that is broken anywhere changes nothing.
 * @throws ServerError that says what is wrong with the file
 */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const { clock, store } = options
  const startedAt = clock.now()
  const session = store === null || options.dryRun ? null : await openSession(store, options, startedAt)
  const stage = openStage({ maxDepth: options.maxDepth, now: startedAt, htmlToMarkdown })
  try {
    await readInto(stage, options)
    stage.arrange()
    const found = stage.counts()
    const result = await writeStaged(stage, {
      ...options,
      format: options.format.name,
      session,
      onProgress: (comments) => options.onProgress('writing', comments, found.comments),
    })
    const id = (await session?.finish()) ?? null
    return report(options, stage, { ...result, id, found, durationMs: clock.now() - startedAt })
  } finally {
    stage.close()
  }
}

async function readInto(stage: Stage, options: ImportOptions): Promise<void> {
  const input = openInputFile(options.file)
  let events = 0
  for await (const event of options.format.read(input.bytes)) {
    stage.add(event)
    events += 1
    if (events % 200 === 0) options.onProgress('reading', input.progress(), 1)
  }
}

function report(
  options: ImportOptions,
  stage: Stage,
  result: Pick<ImportReport, 'id' | 'found' | 'written' | 'existing' | 'durationMs'>,
): ImportReport {
  const reasons = stage.skippedByReason()
  return {
    id: result.id,
    format: options.format.name,
    file: options.file,
    site: options.site,
    dryRun: options.dryRun,
    found: result.found,
    written: result.written,
    existing: result.existing,
    skipped: {
      total: reasons.reduce((sum, { count }) => sum + count, 0),
      reasons,
      items: stage.skipped(maxSkippedItems),
    },
    hosts: stage.hosts(),
    durationMs: result.durationMs,
  }
}
