import type { CommitOptions, Op, Store, ThreadTarget, UserRow } from '@confab/core/ports'

export const ada: UserRow = {
  site: 'blog',
  id: 'u-ada',
  name: 'Ada',
  avatar: null,
  website: null,
  email: 'ada@example.org',
  role: 'member',
  at: 1,
}

export function threadOf(number: number): ThreadTarget {
  return { site: 'blog', thread: `thread${String(number).padStart(14, '0')}`, key: `/posts/${number}` }
}

let made = 0

/** An id in the order of making, different in each process. */
export function nextId(): string {
  made += 1
  return `${String(made).padStart(10, '0')}${String(process.pid % 1_000_000).padStart(6, '0')}`
}

export type CreateOp = Extract<Op, { op: 'create' }>

export function createOp(over: Partial<CreateOp> = {}): CreateOp {
  const text = over.source ?? 'Hello'
  return {
    op: 'create',
    id: nextId(),
    parent: null,
    replyTo: null,
    author: ada.id,
    source: text,
    html: `<p>${text}</p>`,
    status: 'published',
    at: 1000,
    key: null,
    ...over,
  }
}

export function commitOptions(): CommitOptions {
  return { at: 1000, eventId: () => `e${crypto.randomUUID().slice(0, 15)}` }
}

/** Reads a whole thread, visible or not. */
export async function readAll(store: Store, ref: ThreadTarget) {
  const rows = []
  let after = ''
  for (;;) {
    const found = await store.scan(ref, { after, limit: 100 })
    rows.push(...found)
    const last = found.at(-1)
    if (last === undefined) return rows
    after = last.id
  }
}
