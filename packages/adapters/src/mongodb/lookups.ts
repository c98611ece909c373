import type { AuthorRow, Id, IdempotencyKey, Op, ThreadTarget } from '@confab/core/ports'
import type { Lookups, StoredBody, StoredNode } from '../commit/lookups.ts'
import type { Doc } from './client.ts'
import { find, findAuthors, finds } from './queries.ts'
import { damaged, idemKey, key, number, text, toAuthor, toComment, toParent, toPath, toStatus } from './rows.ts'
import { index } from './schema.ts'
import type { Access } from './transact.ts'

/** What the plan of a commit may ask, read ahead: a plan asks at once, and a server answers later. */
export interface Reader {
  readonly lookups: Lookups
  /** Reads what the last try at a plan did not find. */
  fetch(): Promise<void>
  /** The stored comment, as far as it was read. */
  doc(id: Id): Doc | undefined
}

/** The plan asked for something that has not been read yet. */
export class NotRead extends Error {}

/** Texts are read only of comments that an op is about: of ancestors only their place and their sums. */
const withoutText = { src: 0, html: 0 } as const

/** Reads everything that `ops` name, and the ancestors of it, in as few questions as possible. */
export async function readAhead(access: Access, target: ThreadTarget, ops: readonly Op[]): Promise<Reader> {
  const { site, thread } = target
  const nodes = new Map<Id, Doc | null>()
  const texts = new Map<Id, Doc>()
  const authors = new Map<string, AuthorRow | null>()
  const idempotency = new Map<string, Doc | null>()
  const children = new Map<Id, { readonly limit: number; readonly ids: readonly Id[] }>()
  const revisions = new Map<Id, boolean>()
  let missing: (() => Promise<void>)[] = []

  async function readNodes(ids: readonly Id[], whole: boolean): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => (whole ? !texts.has(id) : !nodes.has(id)))
    if (wanted.length === 0) return
    const query = finds.rows(target, wanted)
    const found = await find(access, 'comments', whole ? query : { ...query, projection: withoutText })
    for (const id of wanted) nodes.set(id, null)
    for (const doc of found) {
      nodes.set(text(doc['id']), doc)
      if (whole) texts.set(text(doc['id']), doc)
    }
    if (whole) for (const [id, author] of await findAuthors(access, site, found)) authors.set(id, author)
    await readNodes(
      found.flatMap((doc) => toPath(doc['path']).slice(0, -1)),
      false,
    )
  }

  async function readAuthors(ids: readonly string[]): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => !authors.has(id))
    if (wanted.length === 0) return
    for (const id of wanted) authors.set(id, null)
    for (const doc of await find(access, 'users', finds.users(site, wanted))) authors.set(text(doc['u']), toAuthor(doc))
  }

  async function readKeys(asked: readonly IdempotencyKey[]): Promise<void> {
    const wanted = [...new Set(asked.map(({ scope, value }) => idemKey(thread, scope, value)))]
    if (wanted.length === 0) return
    for (const name of wanted) idempotency.set(name, null)
    const filter = { t: key(thread), _id: { $in: wanted } }
    for (const doc of await find(access, 'idem', { filter, hint: index.idem })) idempotency.set(text(doc['_id']), doc)
  }

  async function readChildren(id: Id, limit: number): Promise<void> {
    const filter = { t: key(thread), p: key(id) }
    const found = await find(access, 'comments', { filter, hint: index.tree, limit, projection: { id: 1 } })
    children.set(id, { limit, ids: found.map((doc) => text(doc['id'])) })
  }

  async function readRevision(id: Id): Promise<void> {
    const query = { ...finds.revisions(target, id), limit: 1, projection: { rev: 1 } } as const
    revisions.set(id, (await find(access, 'revisions', query)).length > 0)
  }

  function notRead(read: () => Promise<void>): never {
    missing.push(read)
    throw new NotRead()
  }

  await readNodes(
    ops.flatMap((op) => (op.op === 'thread' || op.op === 'create' ? [] : [op.id])),
    true,
  )
  await readNodes(
    ops.flatMap((op) => (op.op === 'create' ? [op.id, ...(op.parent === null ? [] : [op.parent])] : [])),
    false,
  )
  await readAuthors(ops.flatMap((op) => (op.op === 'create' ? [op.author] : [])))
  await readKeys(ops.flatMap((op) => (op.op === 'create' && op.key ? [op.key] : [])))
  const purges = ops.filter((op) => op.op === 'purge')
  for (const { id } of purges) if (nodes.get(id)) await readChildren(id, purges.length + 1)

  return {
    lookups: {
      node(id) {
        const doc = nodes.get(id)
        if (doc === undefined) return notRead(() => readNodes([id], false))
        return doc === null ? undefined : toNode(doc)
      },
      body(id) {
        const doc = texts.get(id)
        if (doc === undefined) return notRead(() => readNodes([id], true))
        return toComment(doc, authors.get(text(doc['u'])) ?? damaged()) satisfies StoredBody
      },
      children(id, limit) {
        const known = children.get(id)
        if (known === undefined || known.limit < limit) return notRead(() => readChildren(id, limit))
        return known.ids
      },
      hasRevisions: (id) => revisions.get(id) ?? notRead(() => readRevision(id)),
      key({ scope, value }) {
        // Read ahead for every op that has one.
        const doc = idempotency.get(idemKey(thread, scope, value))
        return doc ? { hash: text(doc['hash']), comment: text(doc['c']) } : undefined
      },
      author: (id) => authors.get(id) ?? undefined,
    },
    async fetch() {
      const reads = missing
      missing = []
      for (const read of reads) await read()
    },
    doc: (id) => nodes.get(id) ?? undefined,
  }
}

function toNode(doc: Doc): StoredNode {
  return {
    id: text(doc['id']),
    parent: toParent(doc['p']),
    path: toPath(doc['path']),
    status: toStatus(doc['st']),
    visible: doc['vis'] === 1,
    rev: number(doc['rev']),
    replies: number(doc['kids']),
    descendants: number(doc['des']),
  }
}
