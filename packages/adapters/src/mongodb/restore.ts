import type { Id, RestoreRow, ThreadRow } from '@confab/core/ports'
import { hiddenSite, restoreClash } from '../store/hidden-site.ts'
import type { Doc } from './client.ts'
import { find, findAuthors, finds } from './queries.ts'
import { commentKey, fromStatus, fromThread, key, number, text, toDocs } from './rows.ts'
import { index } from './schema.ts'
import type { Access, Runner } from './transact.ts'

/** Making a large thread seen is one transaction. A server ends those that take longer by itself. */
const showLimitMs = 60_000
const dropAtOnce = 500

/**
 * The comments come in parts, each in a transaction of its own. Until the last transaction they belong to a site that
 * nobody can ask for.
 */
export async function restoreThread(
  runner: Runner,
  row: ThreadRow,
  parts: AsyncIterable<readonly RestoreRow[]>,
): Promise<'restored' | 'exists'> {
  const hidden = hiddenSite()
  if (await runner.run((access) => isThread(access, row))) return 'exists'
  await dropHidden(runner, row, { $gte: hiddenSite.first, $lte: hiddenSite.last })
  try {
    const early = new Set<Id>()
    let count = 0
    for await (const part of parts) {
      await runner.transact((access) => addPart(access, row, hidden, part, early))
      for (const id of repliesBeforeParents(part, early)) early.add(id)
      count += part.length
    }
    const result = await runner.transact((access) => show(access, row, hidden, count), showLimitMs)
    if (result === 'exists') await dropHidden(runner, row, hidden)
    return result
  } catch (error) {
    // Should this fail as well, the next restore of the thread does it.
    await dropHidden(runner, row, hidden).catch(() => {})
    throw error
  }
}

async function isThread(access: Access, row: ThreadRow): Promise<boolean> {
  const filter = { _id: key(row.thread) }
  return (await find(access, 'threads', { filter, projection: { _id: 1 } })).length > 0
}

async function show(access: Access, row: ThreadRow, hidden: string, count: number): Promise<'restored' | 'exists'> {
  if (await isThread(access, row)) return 'exists'
  const { db, session } = access
  await db.collection('threads').insertMany([fromThread(row)], { session })
  const filter = { t: key(row.thread), site: hidden }
  const [result] = toDocs([
    Object(
      await db
        .collection('comments')
        .updateMany(filter, { $set: { site: row.site } }, { session, hint: index.comment }),
    ),
  ])
  if (result?.['matchedCount'] !== count) throw restoreClash()
  return 'restored'
}

async function dropHidden(runner: Runner, row: ThreadRow, site: string | object): Promise<void> {
  const t = key(row.thread)
  const query = { filter: { t, site }, hint: index.comment, limit: dropAtOnce, projection: { id: 1 } as const }
  for (;;) {
    const dropped = await runner.transact(async (access) => {
      const ids = (await find(access, 'comments', query)).map((doc) => text(doc['id']))
      if (ids.length === 0) return 0
      const { db, session } = access
      await db.collection('revisions').deleteMany({ t, c: { $in: ids } }, { session, hint: index.revision })
      const keys = ids.map((id) => commentKey(t, id))
      await db.collection('comments').deleteMany({ t, _id: { $in: keys } }, { session, hint: index.comment })
      return ids.length
    })
    if (dropped < dropAtOnce) return
  }
}

async function addPart(
  access: Access,
  row: ThreadRow,
  hidden: string,
  part: readonly RestoreRow[],
  early: ReadonlySet<Id>,
): Promise<void> {
  if (part.length === 0) return
  const { db, session } = access
  const authors = await findAuthors(
    access,
    row.site,
    part.map((comment) => ({ u: comment.author })),
  )
  if (part.some((comment) => !authors.has(comment.author))) {
    throw new Error('Store the author with `users.put` before the comment')
  }
  const t = row.thread
  const isHere = new Set(part.map(({ id }) => id))
  const elsewhere = new Set(part.flatMap(({ parent }) => (parent === null || isHere.has(parent) ? [] : [parent])))
  const stored = await find(access, 'comments', finds.rows({ site: hidden, thread: t }, [...elsewhere]))
  const sequences = new Map<Id, { nseq: number; top: string }>(
    stored.map((doc) => [text(doc['id']), { nseq: number(doc['nseq']), top: String(doc['top']) }]),
  )
  for (const id of isHere) sequences.set(id, { nseq: 0, top: '' })
  const ordinals = new Map<Id, number>()
  for (const { id, parent } of part) {
    const sequence = parent === null ? undefined : sequences.get(parent)
    if (!sequence) continue
    sequence.nseq += 1
    sequence.top = id
    ordinals.set(id, sequence.nseq)
  }
  const docs = part.map((comment): Doc => {
    const { nseq, top } = sequences.get(comment.id) ?? { nseq: 0, top: '' }
    const late = early.has(comment.id) ? 1 : 0
    return { ...commentDoc(row, hidden, comment), n: ordinals.get(comment.id) ?? 0, nseq, top, late }
  })
  await db.collection('comments').insertMany(docs, { session })
  const grown = stored.map((doc) => ({
    updateOne: {
      filter: { t, _id: doc['_id'] },
      update: { $set: { ...sequences.get(text(doc['id'])) } },
      hint: index.comment,
    },
  }))
  if (grown.length > 0) await db.collection('comments').bulkWrite(grown, { session })
  const revisions = part.flatMap(({ id: c, revisions: texts }) =>
    texts.map(({ rev, source: src, by, at }) => ({ _id: `${t}/${c}/${rev}`, t, c, rev, src, by, at })),
  )
  if (revisions.length > 0) await db.collection('revisions').insertMany(revisions, { session })
}

/**
 * Parents that come in a later part than one of their replies, as an import may make them. The ordinal of that reply is
 * not known, so the parent must say that ordinals cannot be trusted there.
 */
function repliesBeforeParents(part: readonly RestoreRow[], known: ReadonlySet<Id>): Id[] {
  return part.flatMap(({ id, parent }) => (parent !== null && parent > id && !known.has(parent) ? [parent] : []))
}

function commentDoc(row: ThreadRow, site: string, comment: RestoreRow): Doc {
  const { id, parent, path, replyTo, author, status, visible, replies, descendants, rev } = comment
  return {
    _id: commentKey(row.thread, id),
    t: row.thread,
    id,
    site,
    p: parent ?? '',
    path: [...path],
    ans: replyTo,
    u: author,
    st: fromStatus(status),
    q: status === 'pending' || status === 'spam' ? 1 : 0,
    vis: visible ? 1 : 0,
    kids: replies,
    des: descendants,
    rev,
    src: comment.source,
    html: comment.html,
    up: comment.up,
    dn: comment.down,
    at: comment.at,
    ed: comment.editedAt,
  }
}
