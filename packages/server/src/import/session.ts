import { basename } from 'node:path'
import type { Clock, Ids, Store } from '@confab/core/ports'
import { ServerError } from '../errors.ts'
import { importJournal } from './journal.ts'
import type { ImportEntry, JournalItem } from './journal.ts'

/** One import that notes what it is about to write. */
export interface ImportSession {
  /** Notes a batch, before it is written. The first one makes the import's entry in the journal. */
  note(item: Omit<JournalItem, 'seq'>): Promise<void>
  /** Closes the entry. Answers the import's id; `null` when nothing was written. */
  finish(): Promise<string | null>
}

/**
 * Begins an import, or carries on one that died: whatever the next import into the site brings then belongs to it,
 * and one undo takes all of it away.
 * @throws ServerError `failed` when an undo has not come to its end
 */
export async function openSession(
  store: Store,
  options: {
    readonly site: string
    readonly format: { readonly name: string }
    readonly file: string
    readonly clock: Clock
    readonly ids: Ids
  },
  startedAt: number,
): Promise<ImportSession> {
  const { site, clock } = options
  const format = options.format.name
  const journal = importJournal(store)
  const mine = (await journal.list()).filter((entry) => entry.site === site)
  const halfUndone = mine.find((entry) => entry.state === 'undoing')
  if (halfUndone) {
    throw new ServerError(
      'failed',
      `An undo of this site was interrupted: finish it first with "confab import undo ${halfUndone.id}".`,
    )
  }

  let entry: ImportEntry | null = mine.find((found) => found.state === 'running' && found.format === format) ?? null
  let seq = 0
  if (entry !== null) {
    const last = await journal.lastItem(entry.id)
    seq = last?.seq ?? 0
    // The last batch was noted, and perhaps no longer written. A batch is written as a whole or not at all.
    const rows = last === null ? [] : await store.rows({ site, thread: last.thread }, last.comments)
    if (last !== null && rows.every((row) => row === null)) await journal.removeItem(entry.id, last.seq)
  }

  return {
    async note(item) {
      if (entry === null) {
        entry = {
          id: options.ids.next(startedAt),
          site,
          format,
          file: basename(options.file),
          state: 'running',
          startedAt,
          endedAt: null,
          comments: 0,
        }
        await journal.put(entry)
      }
      seq += 1
      await journal.addItem(entry.id, { ...item, seq })
    },
    async finish() {
      if (entry === null) return null
      let comments = 0
      for await (const item of journal.items(entry.id)) comments += item.comments.length
      await journal.put({ ...entry, state: 'done', endedAt: clock.now(), comments })
      return entry.id
    },
  }
}
