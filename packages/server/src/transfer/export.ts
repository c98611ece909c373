import { createHash } from 'node:crypto'
import type { CommentRow, Site, Store, ThreadRow, UserRow } from '@confab/core/ports'
import { ServerError } from '../errors.ts'
import { oneLine } from '../text.ts'
import { commentLine, formatVersion, threadLine, userLine } from './lines.ts'
import type { Line } from './lines.ts'

export interface ExportOptions {
  readonly store: Store
  /** What is exported, in this order. */
  readonly sites: readonly Site[]
  /** Only this thread, of the only site. @default all */
  readonly thread?: string
  readonly onProgress: (comments: number) => void
}

const partSize = 200
/** A thread that changes while it is read is read again, so often at most. */
const tries = 10
/** So many users are remembered as written. More than that are written twice, which does no harm. */
const maxKnown = 10_000

/**
 * The lines of an export as text, each with its end. The same content gives the same bytes. What is in memory does not
 * grow with the store.
 *
 * @throws ServerError `failed` for a thread that never stands still
 */
export async function* exportLines(options: ExportOptions): AsyncGenerator<string> {
  const hash = createHash('sha256')
  let threads = 0
  let comments = 0
  function say(line: Line): string {
    const said = `${JSON.stringify(line)}\n`
    hash.update(said)
    return said
  }

  yield say({ type: 'header', format: 'confab', version: formatVersion })
  for (const site of options.sites) {
    yield say({ type: 'site', id: site.id, origins: [...site.origins] })
    const known = new Set<string>()
    for await (const row of threadsOf(options, site.id)) {
      let count = 0
      for await (const line of settledThread(options.store, row, known)) {
        if (line.type === 'again') count = 0
        if (line.type === 'comment') {
          count += 1
          options.onProgress(comments + count)
        }
        yield say(line)
      }
      threads += 1
      comments += count
    }
  }
  yield `${JSON.stringify({ type: 'end', threads, comments, sha256: hash.digest('hex') } satisfies Line)}\n`
}

async function* threadsOf({ store, thread }: ExportOptions, site: string): AsyncGenerator<ThreadRow> {
  if (thread !== undefined) {
    for (const row of await store.threads(site, [thread])) if (row !== null) yield row
    return
  }
  let after: string | undefined
  for (;;) {
    const rows = await store.listThreads(site, { limit: 100, ...(after === undefined ? {} : { after }) })
    yield* rows
    after = rows.at(-1)?.thread
    if (after === undefined) return
  }
}

/** Its sums must fit its comments, so it is read again when somebody wrote meanwhile. */
async function* settledThread(store: Store, listed: ThreadRow, known: Set<string>): AsyncGenerator<Line> {
  for (let i = 0; i < tries; i += 1) {
    const [row] = await store.threads(listed.site, [listed.thread])
    if (!row) return
    yield threadLine(row)
    yield* commentsOf(store, row, known)
    if ((await store.ver(row)) === row.ver) return
    yield { type: 'again' }
  }
  throw new ServerError(
    'failed',
    `The thread ${oneLine(listed.key)} of the site ${listed.site} changes faster than it can be exported: try again when less is written.`,
  )
}

async function* commentsOf(store: Store, ref: ThreadRow, known: Set<string>): AsyncGenerator<Line> {
  let after: string | undefined
  for (;;) {
    const rows = await store.scan(ref, { limit: partSize, ...(after === undefined ? {} : { after }) })
    for (const user of await newUsers(store, ref.site, rows, known)) yield userLine(user)
    for (const row of rows) {
      const revisions = row.rev > 1 ? await store.revisions(ref, row.id) : []
      // An edit may have come in between.
      const older = revisions.filter(({ rev }) => rev < row.rev)
      yield commentLine(row, older)
    }
    after = rows.at(-1)?.id
    if (after === undefined) return
  }
}

async function newUsers(
  store: Store,
  site: string,
  rows: readonly CommentRow[],
  known: Set<string>,
): Promise<UserRow[]> {
  const ids = [...new Set(rows.map(({ author }) => author.id))].filter((id) => !known.has(id))
  if (known.size + ids.length > maxKnown) known.clear()
  for (const id of ids) known.add(id)
  return (await store.users.get(site, ids)).filter((user) => user !== null)
}
