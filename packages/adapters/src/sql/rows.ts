import type { CommentRow, EventRow, Role, Status, ThreadRow, ThreadState, UserRow } from '@confab/core/ports'
import { StoreError } from '../store/errors.ts'

/** What SQLite may hold in a column. */
export type Value = null | number | bigint | string | Uint8Array

/** One row, by position in the order of its statement's columns. */
export type Row = readonly Value[]

/** Stored as their place in these lists: only ever append. */
const statuses: readonly Status[] = ['published', 'pending', 'spam', 'rejected', 'deleted']
const states: readonly ThreadState[] = ['open', 'locked', 'hidden']

export const threadColumns = 't, site, key, url, title, ver, total, roots, state, at, last'
/** Of `comment c` joined with `user a`. */
export const commentColumns =
  'c.id, c.t, c.p, c.path, c.st, c.vis, c.rev, c.kids, c.des, c.u, c.ans, c.up, c.dn, c.at, c.ed, c.src, c.html, ' +
  'a.name, a.avatar, a.website, a.role'
export const joinAuthor = 'LEFT JOIN user a ON a.site = c.site AND a.id = c.u'
export const eventColumns = 'id, t, ver, site, type, v, c, actor, at'
export const userColumns = 'site, id, name, avatar, website, email, role, at'

export function toThreadRow(row: Row): ThreadRow {
  return {
    thread: text(row[0]),
    site: text(row[1]),
    key: text(row[2]),
    url: textOrNull(row[3]),
    title: textOrNull(row[4]),
    ver: number(row[5]),
    total: number(row[6]),
    roots: number(row[7]),
    state: states[number(row[8])] ?? damaged(),
    createdAt: number(row[9]),
    lastAt: numberOrNull(row[10]),
  }
}

export function toCommentRow(row: Row): CommentRow {
  const id = text(row[0])
  const path = toPath(row[3])
  return {
    id,
    thread: text(row[1]),
    parent: toParent(row[2]),
    root: path[0] ?? id,
    path,
    depth: path.length - 1,
    replyTo: textOrNull(row[10]),
    author: {
      id: text(row[9]),
      name: text(row[17]),
      avatar: textOrNull(row[18]),
      website: textOrNull(row[19]),
      role: toRole(row[20]),
    },
    status: toStatus(row[4]),
    visible: row[5] === 1,
    rev: number(row[6]),
    source: text(row[15]),
    html: text(row[16]),
    up: number(row[11]),
    down: number(row[12]),
    replies: number(row[7]),
    descendants: number(row[8]),
    at: number(row[13]),
    editedAt: numberOrNull(row[14]),
  }
}

export function toEventRow(row: Row): EventRow {
  if (row[5] !== 1) return damaged()
  return {
    id: text(row[0]),
    type: toEventType(row[4]),
    v: 1,
    site: text(row[3]),
    thread: text(row[1]),
    ver: numberOrNull(row[2]),
    comment: textOrNull(row[6]),
    actor: textOrNull(row[7]),
    at: number(row[8]),
  }
}

export function toUserRow(row: Row): UserRow {
  return {
    site: text(row[0]),
    id: text(row[1]),
    name: text(row[2]),
    avatar: textOrNull(row[3]),
    website: textOrNull(row[4]),
    email: textOrNull(row[5]),
    role: toRole(row[6]),
    at: number(row[7]),
  }
}

export function fromStatus(status: Status): number {
  return statuses.indexOf(status)
}

export function fromState(state: ThreadState): number {
  return states.indexOf(state)
}

export function toStatus(value: Value | undefined): Status {
  return statuses[number(value)] ?? damaged()
}

export function toPath(value: Value | undefined): string[] {
  return text(value).split('/')
}

export function toParent(value: Value | undefined): string | null {
  return text(value) || null
}

export function toRole(value: Value | undefined): Role {
  if (value === 'guest' || value === 'member' || value === 'moderator' || value === 'admin') return value
  return damaged()
}

export function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : damaged()
}

export function textOrNull(value: Value | undefined): string | null {
  return value === null ? null : text(value)
}

export function number(value: Value | undefined): number {
  return typeof value === 'number' ? value : damaged()
}

export function numberOrNull(value: Value | undefined): number | null {
  return value === null ? null : number(value)
}

function toEventType(value: Value | undefined): EventRow['type'] {
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

function damaged(): never {
  throw new StoreError('store_corrupt', 'The database holds a value that cannot be: restore a backup')
}
