import type {
  AuthorRow,
  CommentRow,
  EventRow,
  RevisionRow,
  Role,
  Status,
  ThreadRow,
  ThreadState,
  UserRow,
} from '@confab/core/ports'
import { StoreError } from '../store/errors.ts'
import type { Doc } from './client.ts'

/** Stored as their place in these lists: only ever append. */
const statuses: readonly Status[] = ['published', 'pending', 'spam', 'rejected', 'deleted']
const states: readonly ThreadState[] = ['open', 'locked', 'hidden']

/** `_id` of a user. Site ids hold no slash, so no two pairs give the same string. */
export function userKey(site: string, id: string): string {
  return `${key(site)}/${key(id)}`
}

/** `_id` of a comment: ids are unique within a thread only. Within one thread these order as the ids do. */
export function commentKey(thread: string, id: string): string {
  return `${key(thread)}/${key(id)}`
}

/** `_id` of an idempotency key, within its thread. JSON keeps `a` + `bc` and `ab` + `c` apart. */
export function idemKey(thread: string, scope: string, value: string): string {
  return JSON.stringify([key(thread), key(scope), key(value)])
}

/**
 * A value on its way into a filter. An object there would be an operator, such as `{ $ne: null }`, which matches what
 * was never asked for: types do not stop a caller in plain JavaScript.
 */
export function key(value: string): string {
  if (typeof value !== 'string') throw new TypeError('An id or a name must be a string')
  return value
}

/** As {@link key}, for numbers. */
export function amount(value: number): number {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError('A limit, a version or a time must be a number')
  return value
}

export function keys(values: readonly string[]): string[] {
  return values.map(key)
}

export function toDocs(found: readonly object[]): Doc[] {
  return found.map((doc) => ({ ...doc }))
}

export function fromThread(row: ThreadRow): Doc {
  return {
    _id: row.thread,
    site: row.site,
    key: row.key,
    url: row.url,
    title: row.title,
    ver: row.ver,
    total: row.total,
    roots: row.roots,
    state: states.indexOf(row.state),
    at: row.createdAt,
    last: row.lastAt,
  }
}

export function toThread(doc: Doc): ThreadRow {
  return {
    thread: text(doc['_id']),
    site: text(doc['site']),
    key: text(doc['key']),
    url: textOrNull(doc['url']),
    title: textOrNull(doc['title']),
    ver: number(doc['ver']),
    total: number(doc['total']),
    roots: number(doc['roots']),
    state: states[number(doc['state'])] ?? damaged(),
    createdAt: number(doc['at']),
    lastAt: numberOrNull(doc['last']),
  }
}

export function fromStatus(status: Status): number {
  return statuses.indexOf(status)
}

export function toStatus(value: unknown): Status {
  return statuses[number(value)] ?? damaged()
}

export function toPath(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : damaged()
}

export function toParent(value: unknown): string | null {
  return text(value) || null
}

export function toComment(doc: Doc, author: AuthorRow): CommentRow {
  const id = text(doc['id'])
  const path = toPath(doc['path'])
  return {
    id,
    thread: text(doc['t']),
    parent: toParent(doc['p']),
    root: path[0] ?? id,
    path,
    depth: path.length - 1,
    replyTo: textOrNull(doc['ans']),
    author,
    status: toStatus(doc['st']),
    visible: doc['vis'] === 1,
    rev: number(doc['rev']),
    source: text(doc['src']),
    html: text(doc['html']),
    up: number(doc['up']),
    down: number(doc['dn']),
    replies: number(doc['kids']),
    descendants: number(doc['des']),
    at: number(doc['at']),
    editedAt: numberOrNull(doc['ed']),
  }
}

export function toRevision(doc: Doc): RevisionRow {
  return { rev: number(doc['rev']), source: text(doc['src']), by: text(doc['by']), at: number(doc['at']) }
}

/**
 * Events that readers do not see have no version of their own. `ver` is half of the shard key, so it has to be unique
 * all the same: there it holds the event's id, a string, which no range of numbers ever finds.
 */
export function fromEvent(event: EventRow, delivered: boolean): Doc {
  return {
    _id: event.id,
    t: event.thread,
    ver: event.ver ?? event.id,
    site: event.site,
    type: event.type,
    v: event.v,
    c: event.comment,
    actor: event.actor,
    at: event.at,
    ...(delivered ? { done: 1, net: new Date() } : { todo: 1, lease: 0 }),
  }
}

export function toEvent(doc: Doc): EventRow {
  if (doc['v'] !== 1) return damaged()
  return {
    id: text(doc['_id']),
    type: toEventType(doc['type']),
    v: 1,
    site: text(doc['site']),
    thread: text(doc['t']),
    ver: typeof doc['ver'] === 'string' ? null : number(doc['ver']),
    comment: textOrNull(doc['c']),
    actor: textOrNull(doc['actor']),
    at: number(doc['at']),
  }
}

export function fromUser(user: UserRow): Doc {
  const { site, id, name, avatar, website, email, role, at } = user
  return { _id: userKey(site, id), site, u: id, name, avatar, website, email, role, at }
}

export function toUser(doc: Doc): UserRow {
  return {
    site: text(doc['site']),
    email: textOrNull(doc['email']),
    at: number(doc['at']),
    ...toAuthor(doc),
  }
}

export function toAuthor(doc: Doc): AuthorRow {
  return {
    id: text(doc['u']),
    name: text(doc['name']),
    avatar: textOrNull(doc['avatar']),
    website: textOrNull(doc['website']),
    role: toRole(doc['role']),
  }
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : damaged()
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : damaged()
}

export function damaged(): never {
  throw new StoreError('store_corrupt', 'The database holds a value that cannot be: restore a backup')
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value)
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : number(value)
}

function toRole(value: unknown): Role {
  if (value === 'guest' || value === 'member' || value === 'moderator' || value === 'admin') return value
  return damaged()
}

function toEventType(value: unknown): EventRow['type'] {
  switch (value) {
    case 'comment.created':
    case 'comment.edited':
    case 'comment.removed':
    case 'comment.queued':
    case 'thread.changed':
      return value
    default:
      return damaged()
  }
}
