import type { Records, Store, StoredRecord } from '@confab/core/ports'
import { z } from 'zod'

/** One import as `confab import list` shows it. */
export interface ImportEntry {
  readonly id: string
  readonly site: string
  readonly format: string
  /** Name of the file, without its folder. */
  readonly file: string
  /** `running`: it is at work or was interrupted. `undoing` likewise. */
  readonly state: 'running' | 'done' | 'undoing' | 'undone'
  readonly startedAt: number
  readonly endedAt: number | null
  /** Comments it wrote. */
  readonly comments: number
}

/** What one commit wrote, noted before it was written. */
export interface JournalItem {
  /** Place in the order of writing, from 1. */
  readonly seq: number
  readonly thread: string
  readonly key: string
  readonly comments: readonly string[]
  /** Ids of the authors it made. */
  readonly authors: readonly string[]
  /** It closed the thread. */
  readonly locked: boolean
}

/** What every import wrote, so that it can be taken away again. Kept in the site's own database. */
export interface ImportJournal {
  get(id: string): Promise<ImportEntry | null>
  /** Newest first. */
  list(): Promise<ImportEntry[]>
  put(entry: ImportEntry): Promise<void>
  addItem(id: string, item: JournalItem): Promise<void>
  /** Last written first. */
  items(id: string): AsyncIterable<JournalItem>
  lastItem(id: string): Promise<JournalItem | null>
  removeItem(id: string, seq: number): Promise<void>
}

const part = 'all'

const entrySchema = z.object({
  id: z.string(),
  site: z.string(),
  format: z.string(),
  file: z.string(),
  state: z.enum(['running', 'done', 'undoing', 'undone']),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  comments: z.number(),
})

const itemSchema = z.object({
  thread: z.string(),
  key: z.string(),
  comments: z.array(z.string()),
  authors: z.array(z.string()),
  locked: z.boolean(),
})

export function importJournal(store: Store): ImportJournal {
  const entries = store.records({ name: 'imports', indexes: {} })
  const items = store.records({ name: 'import-items', indexes: {} })
  return {
    async get(id) {
      const row = await entries.get(part, id)
      return row === null ? null : toEntry(row)
    },
    async list() {
      const rows: ImportEntry[] = []
      for await (const row of all(entries, part)) rows.push(toEntry(row))
      return rows
    },
    async put(entry) {
      await entries.write(part, [{ put: { ...entry } }])
    },
    async addItem(id, { seq, ...item }) {
      const fields = { ...item, comments: [...item.comments], authors: [...item.authors] }
      await items.write(id, [{ put: { id: itemId(seq), ...fields } }])
    },
    async *items(id) {
      for await (const row of all(items, id)) yield toItem(row)
    },
    async lastItem(id) {
      const { rows } = await items.list(id, null, { limit: 1, desc: true })
      return rows[0] === undefined ? null : toItem(rows[0])
    },
    async removeItem(id, seq) {
      await items.write(id, [{ del: itemId(seq) }])
    },
  }
}

/** Twelve digits, so that the order of text is the order of numbers. */
function itemId(seq: number): string {
  return String(seq).padStart(12, '0')
}

async function* all(records: Records, of: string): AsyncGenerator<StoredRecord> {
  let after: string | undefined
  do {
    const page = await records.list(of, null, { limit: 50, desc: true, ...(after === undefined ? {} : { after }) })
    yield* page.rows
    after = page.next ?? undefined
  } while (after !== undefined)
}

function toEntry(row: StoredRecord): ImportEntry {
  return entrySchema.parse(row)
}

function toItem({ id, ...fields }: StoredRecord): JournalItem {
  return { seq: Number(id), ...itemSchema.parse(fields) }
}
