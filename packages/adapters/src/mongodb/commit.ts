import type { Commit, CommitOptions, Id, Op, ThreadRow, ThreadTarget } from '@confab/core/ports'
import type { PlannedComment } from '../commit/draft.ts'
import { planCommit } from '../commit/plan.ts'
import type { Changes, Plan } from '../commit/plan.ts'
import type { Doc } from './client.ts'
import { NotRead, readAhead } from './lookups.ts'
import type { Reader } from './lookups.ts'
import { commentKey, damaged, fromEvent, fromStatus, fromThread, idemKey, key, number, toThread } from './rows.ts'
import { index } from './schema.ts'
import type { Access } from './transact.ts'

/** Runs inside a transaction. */
export async function writeCommit(
  access: Access,
  target: ThreadTarget,
  ops: readonly Op[],
  options: CommitOptions,
): Promise<Commit> {
  const stored = await lockThread(access, target)
  const reader = await readAhead(access, target, ops)
  const plan = await planFrom(reader, (lookups) =>
    planCommit(stored ? toThread(stored) : null, target, ops, options, lookups),
  )
  if (plan.changes && plan.thread)
    await writeChanges(access, plan.thread, plan.changes, reader, options.delivered === true)
  return { thread: plan.thread, results: plan.results, events: [...(plan.changes?.events ?? [])] }
}

/**
 * Reads the thread and writes to it in one go: of two commits that meet, one conflicts here, before it has done anything
 * else, and the other one can go on undisturbed. The thread of a first commit cannot be locked; two such meet at the end.
 */
async function lockThread({ db, session }: Access, { thread }: ThreadTarget): Promise<Doc | null> {
  const options = { session, hint: index.id, includeResultMetadata: false, returnDocument: 'before' }
  const found = await db.collection('threads').findOneAndUpdate({ _id: key(thread) }, { $inc: { turn: 1 } }, options)
  return found ? { ...found } : null
}

/** A plan is quick and writes nothing, so it is simply made again once more is known. */
async function planFrom(reader: Reader, make: (lookups: Reader['lookups']) => Plan): Promise<Plan> {
  for (;;) {
    try {
      return make(reader.lookups)
    } catch (error) {
      if (!(error instanceof NotRead)) throw error
      await reader.fetch()
    }
  }
}

async function writeChanges(
  access: Access,
  row: ThreadRow,
  changes: Changes,
  reader: Reader,
  delivered: boolean,
): Promise<void> {
  const { session } = access
  const t = row.thread
  const collection = (name: string) => access.db.collection(name)
  const { _id, ...threadFields } = fromThread(row)
  if (changes.threadIsNew) await collection('threads').insertMany([{ _id, ...threadFields }], { session })
  else await collection('threads').updateOne({ _id }, { $set: threadFields }, { session })

  const writes = commentWrites(row, changes, reader)
  if (writes.length > 0) {
    const { matchedCount } = await collection('comments').bulkWrite(writes, { session })
    if (matchedCount !== writes.filter((write) => 'updateOne' in write).length) damaged()
  }
  if (changes.erasedRevisions.length > 0) {
    const filter = { t, c: { $in: [...changes.erasedRevisions] } }
    await collection('revisions').deleteMany(filter, { session, hint: index.revision })
  }
  if (changes.revisions.length > 0) {
    const docs = changes.revisions.map(({ comment: c, rev, source: src, by, at }) => ({
      _id: `${t}/${c}/${rev}`,
      t,
      c,
      rev,
      src,
      by,
      at,
    }))
    await collection('revisions').insertMany(docs, { session })
  }
  if (changes.droppedKeys.length > 0) {
    const filter = { t, c: { $in: [...changes.droppedKeys] } }
    await collection('idem').deleteMany(filter, { session, hint: index.keyOfComment })
  }
  if (changes.keys.length > 0) {
    const net = new Date()
    const docs = changes.keys.map(({ scope, value, hash, comment: c, at }) => ({
      _id: idemKey(t, scope, value),
      t,
      c,
      hash,
      at,
      net,
    }))
    await collection('idem').insertMany(docs, { session })
  }
  if (changes.events.length > 0) {
    const docs = changes.events.map((event) => fromEvent(event, delivered))
    await collection('events').insertMany(docs, { session })
  }
}

function commentWrites(row: ThreadRow, changes: Changes, reader: Reader): object[] {
  const t = row.thread
  const one = (id: Id): Doc => ({ t, _id: commentKey(t, id) })
  const updates = new Map<Id, Doc>()
  for (const comment of changes.changed) updates.set(comment.id, changedFields(comment))
  const ordinals = giveOrdinals(changes.added, reader)
  for (const [parent, fields] of ordinals.parents) updates.set(parent, { ...updates.get(parent), ...fields })
  return [
    ...changes.removed.map((id) => ({ deleteOne: { filter: one(id), hint: index.comment } })),
    ...changes.added.map((comment) => ({ insertOne: { document: addedDoc(row, comment, ordinals) } })),
    ...[...updates].map(([id, $set]) => ({
      updateOne: { filter: one(id), update: { $set }, hint: index.comment },
    })),
  ]
}

interface Ordinals {
  /** Of each new reply, among its siblings. */
  readonly n: ReadonlyMap<Id, number>
  /** What to remember at parents that are stored already. */
  readonly parents: ReadonlyMap<Id, Doc>
  /** What to remember at parents that are new as well. */
  readonly newParents: ReadonlyMap<Id, Doc>
}

/**
 * `nseq` counts the replies a comment ever got, `top` is the highest id among them. Ids sort by time, so ordinals and ids
 * agree, except where a reply came with an older id than one before it (two processes in the same moment, an import):
 * then `late` says that ordinals cannot be trusted here.
 */
function giveOrdinals(added: readonly PlannedComment[], reader: Reader): Ordinals {
  const n = new Map<Id, number>()
  const states = new Map<Id, { nseq: number; top: string; late: number }>()
  for (const { id, parent } of added) {
    if (parent === null) continue
    const doc = reader.doc(parent)
    const state = states.get(parent) ?? {
      nseq: doc ? number(doc['nseq']) : 0,
      top: typeof doc?.['top'] === 'string' ? doc['top'] : '',
      late: doc?.['late'] === 1 ? 1 : 0,
    }
    states.set(parent, state)
    state.nseq += 1
    if (id < state.top) state.late = 1
    else state.top = id
    n.set(id, state.nseq)
  }
  const isNew = new Set(added.map(({ id }) => id))
  return {
    n,
    parents: new Map([...states].filter(([id]) => !isNew.has(id))),
    newParents: new Map([...states].filter(([id]) => isNew.has(id))),
  }
}

function addedDoc(thread: ThreadRow, comment: PlannedComment, ordinals: Ordinals): Doc {
  const { id, parent, path, rev, body } = comment
  if (!body) throw new Error('A new comment has a body')
  return {
    _id: commentKey(thread.thread, id),
    t: thread.thread,
    id,
    site: thread.site,
    p: parent ?? '',
    path: [...path],
    n: ordinals.n.get(id) ?? 0,
    ans: body.replyTo,
    u: body.author.id,
    ...sums(comment),
    rev,
    src: body.source,
    html: body.html,
    up: body.up,
    dn: body.down,
    nseq: 0,
    top: '',
    late: 0,
    at: body.at,
    ed: body.editedAt,
    ...ordinals.newParents.get(id),
  }
}

function changedFields(comment: PlannedComment): Doc {
  const { rev, body } = comment
  if (comment.changed !== 'all' || !body) return sums(comment)
  return { ...sums(comment), rev, ed: body.editedAt, src: body.source, html: body.html }
}

function sums({ status, visible, replies, descendants }: PlannedComment): Doc {
  return {
    st: fromStatus(status),
    // For the partial index of what waits for a moderator: it cannot hold two values of `st`.
    q: status === 'pending' || status === 'spam' ? 1 : 0,
    vis: visible ? 1 : 0,
    kids: replies,
    des: descendants,
  }
}
