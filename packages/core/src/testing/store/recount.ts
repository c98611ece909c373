import type { CommentRow, Id, Store, ThreadRef } from '../../ports/index.ts'
import type { Runner } from '../runner.ts'

/** Every comment of a thread, page by page. */
export async function scanAll(store: Store, ref: ThreadRef): Promise<CommentRow[]> {
  const rows: CommentRow[] = []
  for (;;) {
    const after = rows.at(-1)?.id
    const page = await store.scan(ref, { limit: 200, ...(after !== undefined && { after }) })
    if (page.length === 0) return rows
    rows.push(...page)
  }
}

/**
 * Counts everything again from the rows' statuses and parents, and compares it with what is stored.
 *
 * @example
 * await expectRecount(expect, store, { site: 'blog', thread: await threadId('blog', '/posts/hello') })
 */
export async function expectRecount(expect: Runner['expect'], store: Store, ref: ThreadRef, label = ''): Promise<void> {
  const rows = await scanAll(store, ref)
  const [thread = null] = await store.threads(ref.site, [ref.thread])
  const byDepth = rows.toSorted((a, b) => b.depth - a.depth)
  const replies = new Map<Id, number>()
  const descendants = new Map<Id, number>()
  const visible = new Map<Id, boolean>()
  let total = 0
  let roots = 0
  const add = (sums: Map<Id, number>, id: Id, step: number) => sums.set(id, (sums.get(id) ?? 0) + step)
  // Deepest first, so that a comment is complete when its turn comes.
  for (const row of byDepth) {
    const published = row.status === 'published'
    const isVisible = published || (replies.get(row.id) ?? 0) > 0
    visible.set(row.id, isVisible)
    if (published) total += 1
    if (row.parent === null) {
      if (isVisible) roots += 1
      continue
    }
    if (isVisible) add(replies, row.parent, 1)
    add(descendants, row.parent, (descendants.get(row.id) ?? 0) + (published ? 1 : 0))
  }
  expect(
    rows.map(({ id, ...row }) => ({ id, replies: row.replies, descendants: row.descendants, visible: row.visible })),
    `${label} sums of the comments`,
  ).toEqual(
    rows.map(({ id }) => ({
      id,
      replies: replies.get(id) ?? 0,
      descendants: descendants.get(id) ?? 0,
      visible: visible.get(id) ?? false,
    })),
  )
  expect(thread && { total: thread.total, roots: thread.roots }, `${label} sums of the thread`).toEqual(
    thread && { total, roots },
  )
}
