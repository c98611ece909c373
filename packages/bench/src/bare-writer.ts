import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { createIds, renderMarkdown, threadId } from '@confab/core'
import { sqlite } from '@confab/adapters/sqlite'
import { Hono } from 'hono'
import type { CommentWriter } from './comment-writer.ts'
import { keyOf, pageOf, pages } from './comment-writer.ts'
import { authorOf, site, sourceOf } from './seed.ts'

interface Waiting {
  readonly client: number
  readonly serial: number
  resolve(): void
}

/**
 * The limit: the rows that Confab stores for a comment, written by prepared statements into the same tables with the
 * same promise to be on the disk, and nothing else. It checks nothing, renders nothing and reads nothing back. All that
 * wait at the end of a turn of the event loop share a transaction, as in Confab.
 */
export async function bareWriter(file: string): Promise<CommentWriter> {
  const store = sqlite(file)
  await store.migrate()
  await store.close()
  const db = new DatabaseSync(file)
  db.exec('PRAGMA synchronous = FULL')
  const rows = await prepareRows(db)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  let queue: Waiting[] = []

  function flush(): void {
    const group = queue
    queue = []
    begin.run()
    for (const { client, serial } of group) rows.addComment(client, serial)
    rows.raiseThreads(group)
    commit.run()
    for (const one of group) one.resolve()
  }

  function write(client: number, serial: number): Promise<void> {
    return new Promise((resolve) => {
      queue.push({ client, serial, resolve })
      if (queue.length === 1) setImmediate(flush)
    })
  }

  const app = new Hono()
  const view = JSON.stringify({ id: '0'.repeat(16), html: renderMarkdown(sourceOf(0)) })
  app.post('*', async (c) => {
    await c.req.json()
    await write(Number(c.req.header('x-client')), Number(c.req.header('x-serial')))
    return c.body(view, 201, { 'content-type': 'application/json; charset=utf-8' })
  })

  return {
    write,
    fetch: app.fetch,
    close() {
      db.close()
      return Promise.resolve()
    },
  }
}

interface Rows {
  /** The comment with its key and its event. */
  addComment(client: number, serial: number): void
  /** The sums of the threads and parents that a group has touched, once for each. */
  raiseThreads(group: readonly Waiting[]): void
}

async function prepareRows(db: DatabaseSync): Promise<Rows> {
  const insert = (table: string, columns: string): StatementSync =>
    db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`)
  const addThread = insert('thread', 't, site, key, url, title, ver, total, roots, state, at, last')
  const addUser = insert('user', 'site, id, name, avatar, website, email, role, at')
  const comment = insert('comment', 't, id, p, path, st, vis, rev, kids, des, site, u, ans, up, dn, at, ed, src, html')
  const key = insert('idem', 't, scope, key, hash, id, at')
  const event = insert('event', 'id, t, ver, site, type, v, c, actor, at')
  const raise = db.prepare('UPDATE thread SET ver = ?, total = ?, roots = ?, last = ? WHERE t = ?')
  const raiseParent = db.prepare('UPDATE comment SET st = ?, vis = ?, kids = ?, des = ? WHERE t = ? AND id = ?')

  const ids = createIds()
  const html = renderMarkdown(sourceOf(0))
  const hash = 'h'.repeat(22)
  const threads: { id: string; top: string; ver: number; replies: number }[] = []
  const now = Date.now()
  for (let page = 0; page < pages; page++) {
    const id = await threadId(site, pageOf(page))
    const { id: u, name } = authorOf(page)
    const top = ids.next(now)
    addThread.run(id, site, pageOf(page), null, null, 1, 1, 1, 0, now, now)
    comment.run(id, top, '', top, 0, 1, 1, 0, 0, site, u, null, 0, 0, now, null, 'First', '<p>First</p>')
    addUser.run(site, u, name, null, null, null, 'member', now)
    threads.push({ id, top, ver: 1, replies: 0 })
  }
  const threadOf = (client: number): (typeof threads)[number] => {
    const thread = threads[client % pages]
    if (!thread) throw new Error('A page has no thread')
    return thread
  }

  return {
    addComment(client, serial) {
      const thread = threadOf(client)
      const at = Date.now()
      const id = ids.next(at)
      const { id: u } = authorOf(client)
      const isReply = serial % 2 === 1
      const path = isReply ? `${thread.top}/${id}` : id
      thread.ver += 1
      if (isReply) thread.replies += 1
      const source = sourceOf(serial)
      comment.run(
        thread.id,
        id,
        isReply ? thread.top : '',
        path,
        0,
        1,
        1,
        0,
        0,
        site,
        u,
        null,
        0,
        0,
        at,
        null,
        source,
        html,
      )
      key.run(thread.id, u, keyOf(serial), hash, id, at)
      event.run(ids.next(at), thread.id, thread.ver, site, 'comment.created', 1, id, u, at)
    },
    raiseThreads(group) {
      const now = Date.now()
      for (const thread of new Set(group.map(({ client }) => threadOf(client)))) {
        raise.run(thread.ver, thread.ver, thread.ver - thread.replies, now, thread.id)
        raiseParent.run(0, 1, thread.replies, thread.replies, thread.id, thread.top)
      }
    },
  }
}
