import { renderMarkdown, threadId } from '@confab/core'
import type { Clock, Id, Ids, Op, Store, ThreadTarget, UserRow } from '@confab/core/ports'
import { authorIds, deletedAuthorId } from './author-id.ts'
import type { ImportSession } from './session.ts'
import type { Stage, StagedComment, StagedPage } from './stage.ts'

/** Most changes in one commit: it holds the database for some hundredths of a second. */
const batchSize = 200

/** What writing stands on. */
export interface WriteContext {
  /** `null`: there is no database yet, so nothing can be there already. */
  readonly store: Store | null
  /** `null`: nothing is written, only counted. */
  readonly session: ImportSession | null
  readonly clock: Clock
  readonly ids: Ids
  readonly site: string
  readonly format: string
  readonly secret: string
  readonly onProgress: (comments: number) => void
}

export interface Written {
  readonly written: number
  readonly existing: number
}

interface Batch {
  readonly target: ThreadTarget
  readonly lock: boolean
  readonly comments: readonly { readonly id: Id; readonly staged: StagedComment }[]
}

/**
 * Writes what is staged, page by page, oldest comments first. What is there already stays as it is, so a second run
 * changes nothing. Each batch is noted in the journal before it is written: an import that dies half-way can be run
 * again, and undone as a whole.
 */
export async function writeStaged(stage: Stage, context: WriteContext): Promise<Written> {
  const total = { written: 0, existing: 0 }
  for (const page of stage.pages()) {
    for await (const batch of batchesOf(stage, page, context)) {
      const missing = await withoutExisting(batch, context)
      total.existing += batch.comments.length - missing.comments.length
      if (missing.comments.length === 0 && !missing.lock) continue
      if (context.store !== null && context.session !== null) {
        await writeBatch(missing, context.store, context.session, context)
      }
      total.written += missing.comments.length
      context.onProgress(total.written + total.existing)
    }
  }
  return total
}

async function* batchesOf(stage: Stage, page: StagedPage, context: WriteContext): AsyncGenerator<Batch> {
  const { key, url, title } = page
  const thread = await threadId(context.site, key)
  const target: ThreadTarget = { site: context.site, thread, key, url, title }
  // A page that has a conversation here keeps the state that somebody gave it here.
  let lock = page.closed && !(await threadExists(target, context))
  let comments: { id: Id; staged: StagedComment }[] = []
  for (const staged of stage.comments(page.page)) {
    comments.push({ id: commentId(context, staged.at, staged.ref), staged })
    if (comments.length < batchSize) continue
    yield { target, lock, comments }
    lock = false
    comments = []
  }
  if (comments.length > 0 || lock) yield { target, lock, comments }
}

async function threadExists(target: ThreadTarget, { store, site }: WriteContext): Promise<boolean> {
  return store !== null && (await store.threads(site, [target.thread]))[0] !== null
}

async function withoutExisting(batch: Batch, { store }: WriteContext): Promise<Batch> {
  if (store === null || batch.comments.length === 0) return batch
  const rows = await store.rows(
    batch.target,
    batch.comments.map(({ id }) => id),
  )
  return { ...batch, comments: batch.comments.filter((_, index) => rows[index] === null) }
}

async function writeBatch(batch: Batch, store: Store, session: ImportSession, context: WriteContext): Promise<void> {
  const { target, comments } = batch
  const at = context.clock.now()
  const authors = await missingAuthors(batch, store, context)
  await session.note({
    thread: target.thread,
    key: target.key,
    comments: comments.map(({ id }) => id),
    authors: authors.map(({ id }) => id),
    locked: batch.lock,
  })
  await Promise.all(authors.map((author) => store.users.put(author)))

  const ops: Op[] = await createOps(batch, store, context)
  // Together with the first comments: an import that dies after them must not leave a closed page open.
  if (batch.lock) ops.unshift({ op: 'thread', set: { state: 'locked' }, by: `import:${context.format}`, at })
  const { results } = await store.commit(target, ops, { silent: true, at, eventId: (time) => context.ids.next(time) })
  const failed = results.find((result) => !result.ok)
  if (failed?.ok === false) throw new Error(`the store refused an imported comment: ${failed.error}`)
}

/** The rows of the batch's authors that are not stored, or were emptied by an undo. */
async function missingAuthors(batch: Batch, store: Store, context: WriteContext): Promise<UserRow[]> {
  const { site, format, clock } = context
  const idOf = authorIds(context.secret, format, site)
  const authors = new Map<string, UserRow>()
  for (const { staged } of batch.comments) {
    const deleted = staged.status === 'deleted'
    const id = deleted ? deletedAuthorId(format) : idOf(staged.author)
    authors.set(id, {
      site,
      id,
      name: deleted ? 'Deleted' : staged.authorName === '' ? 'Guest' : staged.authorName,
      avatar: null,
      website: null,
      email: deleted ? null : staged.authorEmail,
      // Whoever they were there, here they are a guest: a file grants no rights.
      role: 'guest',
      at: clock.now(),
    })
  }
  const rows = [...authors.values()]
  const stored = await store.users.get(
    site,
    rows.map(({ id }) => id),
  )
  return rows.filter((_, index) => (stored[index]?.name ?? '') === '')
}

async function createOps(batch: Batch, store: Store, context: WriteContext): Promise<Op[]> {
  const { format, site } = context
  const idOf = authorIds(context.secret, format, site)
  const inBatch = new Set(batch.comments.map(({ id }) => id))
  const parentOf = ({ parentAt, parentRef }: StagedComment): Id | null =>
    parentAt === null || parentRef === null ? null : commentId(context, parentAt, parentRef)
  const elsewhere = new Set(batch.comments.map(({ staged }) => parentOf(staged)).filter((id) => id !== null))
  for (const id of inBatch) elsewhere.delete(id)
  const gone = new Set<Id>()
  if (elsewhere.size > 0) {
    const rows = await store.rows(batch.target, [...elsewhere])
    ;[...elsewhere].forEach((id, index) => rows[index] === null && gone.add(id))
  }

  return batch.comments.map(({ id, staged }) => {
    const parent = parentOf(staged)
    // Somebody took the parent away for good since an earlier import. The reply becomes a root.
    const orphaned = parent !== null && gone.has(parent)
    return {
      op: 'create',
      id,
      parent: orphaned ? null : parent,
      replyTo:
        orphaned || staged.replyAt === null || staged.replyRef === null
          ? null
          : commentId(context, staged.replyAt, staged.replyRef),
      author: staged.status === 'deleted' ? deletedAuthorId(format) : idOf(staged.author),
      source: staged.source,
      html: staged.source === '' ? '' : renderMarkdown(staged.source),
      status: staged.status,
      at: staged.at,
      key: null,
      imported: true,
    }
  })
}

function commentId({ ids, format }: WriteContext, at: number, ref: string): Id {
  return ids.derived(at, `${format}:${ref}`)
}
