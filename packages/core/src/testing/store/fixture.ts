import { base32Number } from '../../engine/base32.ts'
import { threadId } from '../../engine/thread-id.ts'
import type {
  CommentRow,
  Commit,
  CommitOptions,
  Id,
  Ms,
  Op,
  OpResult,
  Store,
  ThreadRow,
  ThreadTarget,
  UserRow,
} from '../../ports/index.ts'
import type { Registry } from '../registry.ts'

/** The tests of one subject. */
export type StoreTests = (registry: Registry<Fixture>) => void

export type CreateOp = Extract<Op, { op: 'create' }>
type Options = Partial<Pick<CommitOptions, 'silent' | 'delivered' | 'at'>>

/** A store with two users and two threads on one site and one thread on another, and short words for common steps. */
export interface Fixture {
  readonly store: Store
  /** Thread `/hello` of site `blog`. Nothing is stored of it yet. */
  readonly thread: ThreadTarget
  /** Thread `/other` of site `blog`. */
  readonly other: ThreadTarget
  /** Thread `/hello` of site `shop`, where nobody wrote yet and users of the same ids are other people. */
  readonly stranger: ThreadTarget
  /** Each call is a moment later. */
  readonly now: () => Ms
  /** Each id sorts behind the ones before it. */
  readonly id: () => Id
  readonly target: (site: string, key: string) => Promise<ThreadTarget>
  /** A published root by Ada, unless `fields` say otherwise. */
  readonly createOp: (fields?: Partial<CreateOp>) => CreateOp
  readonly commit: (ops: readonly Op[], options?: Options, target?: ThreadTarget) => Promise<Commit>
  /** Commits one op and returns its result. */
  readonly apply: (op: Op, options?: Options, target?: ThreadTarget) => Promise<OpResult>
  /** Commits one {@link createOp}, which must succeed. */
  readonly add: (fields?: Partial<CreateOp>, target?: ThreadTarget) => Promise<CommentRow>
  /** The comment as it is stored now. */
  readonly row: (id: Id, target?: ThreadTarget) => Promise<CommentRow | null>
  readonly threadRow: (target?: ThreadTarget) => Promise<ThreadRow | null>
}

export const ada = user('blog', 'u-ada', 'Ada')
export const bob = user('blog', 'u-bob', 'Bob')

export function user(site: string, id: string, name: string, fields: Partial<UserRow> = {}): UserRow {
  return { site, id, name, avatar: null, website: null, email: null, role: 'member', at: 1_000, ...fields }
}

/** Ids as the engine makes them in form, but counted, so that a test can be read. */
export function counter(start = 0): () => Id {
  let count = start
  return () => base32Number(++count, 16)
}

export async function targetOf(site: string, key: string): Promise<ThreadTarget> {
  return { site, key, thread: await threadId(site, key) }
}

export async function openFixture(store: Store): Promise<Fixture> {
  await store.migrate()
  const id = counter()
  const eventId = counter(1_000_000)
  let time = 1_700_000_000_000
  const now = () => ++time
  const thread = await targetOf('blog', '/hello')

  const fixture: Fixture = {
    store,
    thread,
    other: await targetOf('blog', '/other'),
    stranger: await targetOf('shop', '/hello'),
    now,
    id,
    target: targetOf,
    createOp: (fields = {}) => ({
      op: 'create',
      id: fields.id ?? id(),
      parent: null,
      replyTo: null,
      author: ada.id,
      source: '*Hello*',
      html: '<p><em>Hello</em></p>\n',
      status: 'published',
      at: now(),
      key: null,
      ...fields,
    }),
    commit: (ops, options = {}, target = thread) => store.commit(target, ops, { at: now(), eventId, ...options }),
    async apply(op, options, target) {
      const { results } = await fixture.commit([op], options, target)
      const [result] = results
      if (!result) throw new Error('The store answered no result for one op')
      return result
    },
    async add(fields, target) {
      const result = await fixture.apply(fixture.createOp(fields), {}, target)
      if (!result.ok || !result.row) throw new Error(`The comment was refused: ${JSON.stringify(result)}`)
      return result.row
    },
    async row(comment, target = thread) {
      const [row = null] = await store.rows(target, [comment])
      return row
    },
    async threadRow(target = thread) {
      const [row = null] = await store.threads(target.site, [target.thread])
      return row
    },
  }
  await store.users.put(ada)
  await store.users.put(bob)
  await store.users.put(user('shop', ada.id, 'Another Ada'))
  return fixture
}
