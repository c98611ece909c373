import type { AuthorRow, CommentRow, Id, IdempotencyKey, Op, ThreadRow, ThreadTarget } from '@confab/core/ports'
import type { Lookups, StoredNode } from '../commit/lookups.ts'
import type { Row } from '../sql/rows.ts'
import {
  commentColumns,
  joinAuthor,
  number,
  text,
  threadColumns,
  toCommentRow,
  toParent,
  toPath,
  toStatus,
  toThreadRow,
  toUserRow,
} from '../sql/rows.ts'
import { sql as users } from '../sql/users.ts'
import type { Database, Statement } from './database.ts'
import { idList } from './json-rows.ts'

/** Comments that were made with one of these keys. */
const byKeys = 'json_each(?4) k CROSS JOIN idem i ON i.t = ?1 AND i.scope = k.value ->> 0 AND i.key = k.value ->> 1'

export const sql = {
  thread: `SELECT ${threadColumns}, turn FROM thread WHERE t = ?`,
  // With all that stands above them. Comments of another site are those of a restore that has not ended.
  nodes: `WITH RECURSIVE wanted(id) AS (
      SELECT value FROM json_each(?3)
      UNION SELECT i.id FROM ${byKeys}
      UNION SELECT c.p FROM wanted w CROSS JOIN comment c ON c.t = ?1 AND c.id = w.id WHERE c.p <> '')
    SELECT c.id, c.p, c.path, c.st, c.vis, c.rev, c.kids, c.des
    FROM wanted w CROSS JOIN comment c ON c.t = ?1 AND c.id = w.id WHERE +c.site = ?2`,
  bodies: `WITH wanted(id) AS MATERIALIZED (SELECT value FROM json_each(?3) UNION SELECT i.id FROM ${byKeys})
    SELECT ${commentColumns} FROM wanted w CROSS JOIN comment c ON c.t = ?1 AND c.id = w.id ${joinAuthor}
    WHERE +c.site = ?2`,
  keys: `SELECT i.scope, i.key, i.hash, i.id
    FROM json_each(?2) k CROSS JOIN idem i ON i.t = ?1 AND i.scope = k.value ->> 0 AND i.key = k.value ->> 1`,
  children: `SELECT c.p, c.id FROM json_each(?2) r CROSS JOIN comment c ON c.t = ?1 AND c.id IN
    (SELECT x.id FROM comment x INDEXED BY c_tree WHERE x.t = ?1 AND x.p = r.value LIMIT ?3)`,
  revised: `SELECT r.value FROM json_each(?2) r
    WHERE EXISTS (SELECT 1 FROM revision v WHERE v.t = ?1 AND v.id = r.value)`,
}

/** Everything that the plan of a commit may ask, from one state of the database. */
export interface Stored {
  readonly thread: ThreadRow | null
  /** How many commits the thread has seen: as long as this is the same, so is all else. */
  readonly turn: number
  readonly lookups: Lookups
}

/** A plan asks at once and D1 answers later, so all that `ops` can be about is read before, in one batch. */
export async function readAhead(db: Database, target: ThreadTarget, ops: readonly Op[]): Promise<Stored> {
  const { thread: t, site } = target
  const wanted = wantedOf(ops)
  const { keys, purged } = wanted
  const childLimit = purged.length + 1
  const keyList = JSON.stringify(keys.map(({ scope, value }) => [scope, value]))
  const statements: Statement[] = []
  let answers: readonly (readonly Row[])[] = []
  /** The rows of a statement, once there are answers; none where there is nothing to ask. */
  const ask = (size: number, ...statement: Statement): (() => readonly Row[]) => {
    if (size === 0) return () => []
    const place = statements.push(statement) - 1
    return () => answers[place] ?? []
  }
  const threadRows = ask(1, sql.thread, t)
  const nodeRows = ask(wanted.nodes.size, sql.nodes, t, site, idList(wanted.nodes), keyList)
  const bodyRows = ask(wanted.bodies.size + keys.length, sql.bodies, t, site, idList(wanted.bodies), keyList)
  const keyRows = ask(keys.length, sql.keys, t, keyList)
  const authorRows = ask(wanted.authors.size, users.get, site, idList(wanted.authors))
  const childRows = ask(purged.length, sql.children, t, idList(purged), childLimit)
  const revisedRows = ask(wanted.erased.length, sql.revised, t, idList(wanted.erased))
  answers = await db.batch(statements)

  const [threadRow] = threadRows()
  const nodes = new Map(
    nodeRows()
      .map(toNode)
      .map((node) => [node.id, node]),
  )
  const bodies = new Map(bodyRows().map((row): [Id, CommentRow] => [text(row[0]), toCommentRow(row)]))
  const known = new Map(
    keyRows().map((row) => [keyName(text(row[0]), text(row[1])), { hash: text(row[2]), comment: text(row[3]) }]),
  )
  const authors = new Map(
    authorRows()
      .map(toUserRow)
      .map(({ id, name, avatar, website, role }): [string, AuthorRow] => [id, { id, name, avatar, website, role }]),
  )
  const children = new Map<Id, Id[]>(purged.map((id) => [id, []]))
  for (const row of childRows()) children.get(text(row[0]))?.push(text(row[1]))
  const revised = new Set(revisedRows().map((row) => text(row[0])))
  const erased = new Set(wanted.erased)

  return {
    thread: threadRow ? toThreadRow(threadRow) : null,
    turn: threadRow ? number(threadRow.at(-1)) : 0,
    lookups: {
      node: (id) => nodes.get(id) ?? (wanted.nodes.has(id) ? undefined : notRead()),
      body: (id) => bodies.get(id) ?? notRead(),
      children(id, limit) {
        return limit > childLimit ? notRead() : (children.get(id) ?? notRead())
      },
      hasRevisions: (id) => (erased.has(id) ? revised.has(id) : notRead()),
      key: ({ scope, value }) => known.get(keyName(scope, value)),
      author: (id) => authors.get(id),
    },
  }
}

interface Wanted {
  readonly nodes: ReadonlySet<Id>
  readonly bodies: ReadonlySet<Id>
  readonly authors: ReadonlySet<string>
  readonly keys: readonly IdempotencyKey[]
  readonly purged: readonly Id[]
  readonly erased: readonly Id[]
}

function wantedOf(ops: readonly Op[]): Wanted {
  const nodes = new Set<Id>()
  const bodies = new Set<Id>()
  const authors = new Set<string>()
  const keys: IdempotencyKey[] = []
  const purged: Id[] = []
  const erased: Id[] = []
  for (const op of ops) {
    if (op.op === 'thread') continue
    nodes.add(op.id)
    if (op.op !== 'create') {
      bodies.add(op.id)
      if (op.op === 'purge') purged.push(op.id)
      if (op.op === 'purge' || op.op === 'status') erased.push(op.id)
      continue
    }
    if (op.parent !== null) nodes.add(op.parent)
    if (op.imported) bodies.add(op.id)
    if (op.key) keys.push(op.key)
    authors.add(op.author)
  }
  return { nodes, bodies, authors, keys, purged, erased }
}

function toNode(row: Row): StoredNode {
  return {
    id: text(row[0]),
    parent: toParent(row[1]),
    path: toPath(row[2]),
    status: toStatus(row[3]),
    visible: row[4] === 1,
    rev: number(row[5]),
    replies: number(row[6]),
    descendants: number(row[7]),
  }
}

function keyName(scope: string, value: string): string {
  return JSON.stringify([scope, value])
}

function notRead(): never {
  throw new Error('A commit asked for something that was not read ahead: `wantedOf` has to name it')
}
