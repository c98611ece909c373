import { renderMarkdown } from '@confab/core'
import type { RestoreRow, Site, Store, ThreadRow } from '@confab/core/ports'
import type { SiteDirectory } from '../data/sites.ts'
import { ServerError } from '../errors.ts'
import { oneLine } from '../text.ts'
import { checkFile } from './check.ts'
import type { CheckedFile, CheckedThread } from './check.ts'
import type { CommentLine, ThreadLine, UserLine } from './lines.ts'
import { readLines } from './read-lines.ts'
import type { ReadLine } from './read-lines.ts'

export interface RestoreOptions {
  readonly file: string
  /** Only this site. @default all sites of the file */
  readonly site: string | null
  readonly skipExisting: boolean
  readonly dryRun: boolean
  /** `null` only in a dry run: there is no store yet. */
  readonly store: Store | null
  readonly sites: SiteDirectory | null
  readonly onProgress: (phase: 'reading' | 'writing', done: number, total: number) => void
}

export interface RestoreReport {
  readonly dryRun: boolean
  readonly threads: number
  readonly comments: number
  /** Threads that were there already and stay as they are. */
  readonly skipped: number
  /** Sites that were not known here before. */
  readonly addedSites: readonly string[]
}

const partSize = 200

/**
 * Reads the file to its end, then puts its threads back one by one. A file that is wrong anywhere changes nothing. When
 * it dies half-way, each thread is there wholly or not at all, and it can be run again with `skipExisting`.
 *
 * @throws ServerError `file_invalid`, `file_unreadable`; `exists` for a thread that is there already
 */
export async function restoreFile(options: RestoreOptions): Promise<RestoreReport> {
  const checked = await checkFile(options.file, (part) => options.onProgress('reading', part, 1))
  try {
    const sites = checked.sites.filter(({ id }) => options.site === null || id === options.site)
    if (options.site !== null && sites.length === 0) {
      throw new ServerError('not_found', `The file holds nothing of the site "${options.site}".`)
    }
    const plan = await planOf(checked, options)
    const addedSites = await missingSites(sites, options)
    if (!options.dryRun && options.store !== null) {
      for (const site of addedSites) await options.sites?.put(site)
      await write(plan, checked, options.store, options)
    }
    return {
      dryRun: options.dryRun,
      threads: plan.wanted.size,
      comments: plan.comments,
      skipped: plan.skipped,
      addedSites: addedSites.map(({ id }) => id),
    }
  } finally {
    checked.close()
  }
}

interface Plan {
  /** Places of the threads to write. */
  readonly wanted: ReadonlySet<number>
  readonly comments: number
  readonly skipped: number
}

async function planOf(checked: CheckedFile, { store, site, skipExisting }: RestoreOptions): Promise<Plan> {
  const wanted = new Set<number>()
  let comments = 0
  let skipped = 0
  for (const thread of checked.threads()) {
    if (site !== null && thread.site !== site) continue
    if (store !== null && (await store.siteOf(thread.thread)) !== null) {
      if (!skipExisting) throw existsError(thread)
      skipped += 1
      continue
    }
    wanted.add(thread.n)
    comments += thread.comments
  }
  return { wanted, comments, skipped }
}

function existsError({ key, site }: Pick<CheckedThread, 'key' | 'site'>): ServerError {
  return new ServerError(
    'exists',
    `The thread ${oneLine(key)} of the site ${site} is there already: leave it as it is with --skip-existing, or choose an empty store.`,
  )
}

async function missingSites(sites: readonly Site[], options: RestoreOptions): Promise<Site[]> {
  const missing: Site[] = []
  for (const site of sites) if (((await options.sites?.get(site.id)) ?? null) === null) missing.push(site)
  return missing
}

/** Takes the lines one after another; whoever asks may put one back. */
interface Lines {
  next(): Promise<ReadLine | null>
  back(line: ReadLine): void
}

function linesOf(source: AsyncGenerator<ReadLine>): Lines {
  let kept: ReadLine | null = null
  return {
    async next() {
      if (kept !== null) {
        const line = kept
        kept = null
        return line
      }
      const result = await source.next()
      return result.done === true ? null : result.value
    },
    back(line) {
      kept = line
    },
  }
}

async function write(plan: Plan, checked: CheckedFile, store: Store, options: RestoreOptions): Promise<void> {
  const source = readLines(options.file)
  const lines = linesOf(source)
  let n = 0
  let done = 0
  try {
    for (;;) {
      const read = await lines.next()
      if (read === null) return
      const { line } = read
      if (line.type === 'end' && line.sha256 !== checked.checksum) throw changedError()
      if (line.type === 'user') await putUser(store, line, options)
      if (line.type !== 'thread') continue
      n += 1
      if (!plan.wanted.has(n)) continue
      const result = await store.restore(
        threadRow(line),
        partsOf(lines, store, options, (comments) => {
          done += comments
          options.onProgress('writing', done, plan.comments)
        }),
      )
      if (result === 'exists' && !options.skipExisting) throw existsError(line)
    }
  } finally {
    await source.return(undefined)
  }
}

/** The comments up to the next line that is none, in parts. */
async function* partsOf(
  lines: Lines,
  store: Store,
  options: RestoreOptions,
  onPart: (comments: number) => void,
): AsyncGenerator<readonly RestoreRow[]> {
  let part: RestoreRow[] = []
  for (;;) {
    const read = await lines.next()
    if (read?.line.type === 'user') {
      await putUser(store, read.line, options)
      continue
    }
    if (read?.line.type === 'comment') {
      part.push(restoreRow(read.line))
      if (part.length < partSize) continue
    }
    if (part.length > 0) {
      yield part
      onPart(part.length)
      part = []
    }
    if (read?.line.type === 'comment') continue
    if (read === null || read.line.type === 'again') throw changedError()
    lines.back(read)
    return
  }
}

/** Whoever changed here since then stays as they are here. */
async function putUser(store: Store, line: UserLine, { site }: RestoreOptions): Promise<void> {
  if (site !== null && line.site !== site) return
  const { type: _type, ...row } = line
  const [present] = await store.users.get(row.site, [row.id])
  if (present && present.at >= row.at) return
  await store.users.put(row)
}

function threadRow({ type: _type, ...row }: ThreadLine): ThreadRow {
  return row
}

/** Ready-made HTML in a file could be anybody's, so it is made anew from the text. */
function restoreRow({ type: _type, ...row }: CommentLine): RestoreRow {
  return { ...row, html: row.source === '' ? '' : renderMarkdown(row.source) }
}

function changedError(): ServerError {
  return new ServerError('file_invalid', 'The file was changed while it was imported: import it again from a copy.')
}
