import type { Clock, Ids, Op, Store } from '@confab/core/ports'
import { ServerError } from '../errors.ts'
import type { ImportEntry, ImportJournal, JournalItem } from './journal.ts'

export interface UndoContext {
  readonly store: Store
  readonly journal: ImportJournal
  readonly clock: Clock
  readonly ids: Ids
  readonly onProgress: (comments: number) => void
}

export interface UndoReport {
  readonly id: string
  readonly site: string
  /** Comments taken away. */
  readonly removed: number
  /** Comments that only keep their place, because somebody answered them here. */
  readonly placeholders: number
  /** It had been undone before. */
  readonly repeat: boolean
}

/**
 * Takes away what one import wrote and nothing else, last written first, so that replies go before what they answer.
 * Dies it half-way, then running it again finishes it.
 * @throws ServerError `not_found`
 */
export async function undoImport(id: string, context: UndoContext): Promise<UndoReport> {
  const { journal, clock } = context
  const entry = await journal.get(id)
  if (entry === null) {
    throw new ServerError('not_found', `There is no import "${id}": see "confab import list" for the ids.`)
  }
  if (entry.state === 'undone') return { id, site: entry.site, removed: 0, placeholders: 0, repeat: true }

  await journal.put({ ...entry, state: 'undoing' })
  let removed = 0
  let placeholders = 0
  for await (const item of journal.items(id)) {
    const result = await purge(entry, item, context)
    removed += result.removed
    placeholders += result.placeholders
    context.onProgress(removed)
  }
  // Only now: an author may have written in any of the batches.
  for await (const item of journal.items(id)) {
    for (const author of item.authors) await forgetAuthor(entry.site, author, context)
    await journal.removeItem(id, item.seq)
  }
  await journal.put({ ...entry, state: 'undone', endedAt: clock.now() })
  return { id, site: entry.site, removed, placeholders, repeat: false }
}

async function purge(
  { site, format }: ImportEntry,
  item: JournalItem,
  { store, clock, ids }: UndoContext,
): Promise<{ removed: number; placeholders: number }> {
  const at = clock.now()
  const target = { site, thread: item.thread, key: item.key }
  const comments = item.comments.toReversed()
  const ops: Op[] = comments.map((id) => ({ op: 'purge', id, at }))
  const [thread] = await store.threads(site, [item.thread])
  if (item.locked && thread?.state === 'locked') {
    ops.push({ op: 'thread', set: { state: 'open' }, by: `import:${format}`, at })
  }
  if (ops.length === 0) return { removed: 0, placeholders: 0 }
  const { results } = await store.commit(target, ops, { silent: true, at, eventId: (time) => ids.next(time) })
  const left = await store.rows(target, comments)
  const isGone = (_: unknown, index: number): boolean => results[index]?.ok === true && left[index] === null
  return { removed: comments.filter(isGone).length, placeholders: left.filter((row) => row !== null).length }
}

/** Empties the row of an author of whom nothing is left but placeholders: the e-mail address must not stay behind. */
async function forgetAuthor(site: string, id: string, { store, clock }: UndoContext): Promise<void> {
  const [row] = await store.users.get(site, [id])
  if (!row) return
  let after: string | undefined
  do {
    const left = await store.list({
      by: 'author',
      site,
      user: id,
      limit: 100,
      ...(after === undefined ? {} : { after }),
    })
    if (left.some((comment) => comment.status !== 'deleted')) return
    after = left.at(-1)?.id
  } while (after !== undefined)
  await store.users.put({ ...row, name: '', email: null, avatar: null, website: null, at: clock.now() })
}
