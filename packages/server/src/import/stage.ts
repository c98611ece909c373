import { DatabaseSync } from 'node:sqlite'
import type { CommentEvent, ImportEvent, ThreadEvent } from './events.ts'
import { pageKeyOf } from './page-key.ts'
import { cleanText, isBlank } from '@confab/core'
import { cleanAddress, cleanEmail, shortLine } from './clean.ts'

/** A comment in its place, ready to be written. */
export interface StagedComment {
  readonly ref: string
  readonly line: number
  readonly at: number
  readonly status: CommentEvent['status']
  /** Markdown. */
  readonly source: string
  readonly author: string
  readonly authorName: string
  readonly authorEmail: string | null
  readonly parentRef: string | null
  readonly parentAt: number | null
  /** The comment really answered, where the depth limit moved the reply up. */
  readonly replyRef: string | null
  readonly replyAt: number | null
}

/** A page of the site with the comments that go there. */
export interface StagedPage {
  readonly page: number
  readonly key: string
  readonly url: string | null
  readonly title: string | null
  readonly closed: boolean
  readonly comments: number
}

/** What can be taken over. */
export interface StagedCounts {
  readonly threads: number
  readonly comments: number
  readonly replies: number
  readonly authors: number
  readonly hidden: { readonly pending: number; readonly spam: number; readonly deleted: number }
}

export interface Skipped {
  readonly what: 'thread' | 'comment'
  readonly ref: string | null
  readonly line: number
  readonly reason: string
}

/**
 * The file, sorted out on disk: SQLite keeps it in a private file that the system deletes with the process, however
 * that ends. Nothing of the site is touched until the whole file has been read and found good.
 */
export interface Stage {
  add(event: ImportEvent): void
  /** Puts every comment in its place. Call once, after the last `add`. */
  arrange(): void
  counts(): StagedCounts
  /** Hosts of the pages that comments go to, with the number of pages, most first. */
  hosts(): { host: string; pages: number }[]
  /** Pages in the order of the file: those with comments, and closed ones. */
  pages(): Iterable<StagedPage>
  /** The comments of a page, oldest first, and never a reply before what it answers. */
  comments(page: number): Iterable<StagedComment>
  skippedByReason(): { reason: string; count: number }[]
  skipped(limit: number): Skipped[]
  close(): void
}

/** Longest text taken over, in UTF-16 code units of Markdown. People may type less; old comments keep what they have. */
const maxSource = 50_000
const maxKey = 500
/** Writes are kept in one transaction for so many events: the file is private and needs no durability. */
const transactionSize = 10_000

export function openStage(options: {
  /** Replies deeper than this become siblings. */
  readonly maxDepth: number
  readonly now: number
  readonly htmlToMarkdown: (html: string) => string
}): Stage {
  // No name: a temporary database on disk, with at most `cache_size` KB of it in memory.
  const db = new DatabaseSync('')
  db.exec(`
    PRAGMA cache_size = -4000; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
    CREATE TABLE thread (n INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, line INTEGER NOT NULL, key TEXT, url TEXT, host TEXT,
      title TEXT, closed INTEGER NOT NULL, deleted INTEGER NOT NULL);
    CREATE TABLE author (ref TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT) WITHOUT ROWID;
    CREATE TABLE comment (n INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, line INTEGER NOT NULL, thread TEXT NOT NULL, parent TEXT,
      author TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL, source TEXT NOT NULL);
    CREATE TABLE skipped (n INTEGER PRIMARY KEY, what TEXT NOT NULL, ref TEXT, line INTEGER NOT NULL, reason TEXT NOT NULL);
    CREATE TABLE page (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, url TEXT, host TEXT, title TEXT, closed INTEGER NOT NULL,
      comments INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE kept (n INTEGER PRIMARY KEY, ref TEXT NOT NULL, page INTEGER NOT NULL, parent INTEGER, at INTEGER NOT NULL);
    CREATE TABLE placed (page INTEGER NOT NULL, sort_at INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL,
      parent INTEGER, answers INTEGER, PRIMARY KEY (page, sort_at, level, n)) WITHOUT ROWID;
    BEGIN`)

  const addThread = db.prepare(
    'INSERT INTO thread (ref, line, key, url, host, title, closed, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO NOTHING',
  )
  const addAuthor = db.prepare('INSERT INTO author (ref, name, email) VALUES (?, ?, ?) ON CONFLICT (ref) DO NOTHING')
  const addComment = db.prepare(
    'INSERT INTO comment (ref, line, thread, parent, author, at, status, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO NOTHING',
  )
  const addSkipped = db.prepare('INSERT INTO skipped (what, ref, line, reason) VALUES (?, ?, ?, ?)')
  const selectComments = db.prepare(
    `SELECT c.ref, c.line, c.at, c.status, c.source, c.author, a.name, a.email,
            up.ref AS parentRef, up.at AS parentAt, ans.ref AS replyRef, ans.at AS replyAt
          FROM placed p JOIN comment c ON c.n = p.n JOIN author a ON a.ref = c.author
            LEFT JOIN comment up ON up.n = p.parent LEFT JOIN comment ans ON ans.n = p.answers
          WHERE p.page = ? ORDER BY p.page, p.sort_at, p.level, p.n`,
  )

  let pendingWrites = 0
  const skip = ({ what, ref, line }: Omit<Skipped, 'reason'>, reason: string): void => {
    addSkipped.run(what, ref === null ? null : shortLine(ref, 100), line, reason)
  }

  function stageThread(event: ThreadEvent): void {
    const { ref, line } = event
    const url = cleanAddress(event.url)
    const key = pageKeyOf(url, event.identifier)
    const result = addThread.run(
      ref,
      line,
      key !== null && key.length > maxKey ? null : key,
      url,
      url === null ? null : (URL.parse(url)?.host ?? null),
      shortLine(event.title ?? '', 300) || null,
      Number(event.closed),
      Number(event.deleted),
    )
    if (result.changes === 0) skip({ what: 'thread', ref, line }, 'its id is in the file twice')
  }

  function stageComment(event: CommentEvent): void {
    const subject = { what: 'comment', ref: event.ref, line: event.line } as const
    let source = ''
    if (event.status !== 'deleted') {
      source = cleanText(event.bodyFormat === 'html' ? options.htmlToMarkdown(event.body) : event.body).trim()
      if (isBlank(source)) return skip(subject, 'its text is empty')
      if (source.length > maxSource) return skip(subject, 'its text is too long')
    }
    // An id sorts by its time: a comment from the future would stay the newest for years.
    if (event.at > options.now + 86_400_000) return skip(subject, 'its date is in the future')
    const { ref, line, thread, parent, author, at, status } = event
    const result = addComment.run(ref, line, thread, parent, author, at, status, source)
    if (result.changes === 0) skip(subject, 'its id is in the file twice')
  }

  function arrange(): void {
    db.exec(`
      -- Several threads of the other system may be one page of ours, such as http and https. One open thread opens it.
      INSERT INTO page (key, url, host, title, closed)
        SELECT key, url, host, title, closed FROM thread WHERE key IS NOT NULL AND deleted = 0 ORDER BY n
        ON CONFLICT (key) DO UPDATE SET title = coalesce(title, excluded.title), closed = closed AND excluded.closed;
      INSERT INTO skipped (what, ref, line, reason)
        SELECT 'comment', substr(c.ref, 1, 100), c.line, CASE
          WHEN t.ref IS NULL THEN 'its thread is not in the file'
          WHEN t.deleted = 1 THEN 'its thread was deleted'
          ELSE 'its page has no usable address' END
        FROM comment c LEFT JOIN thread t ON t.ref = c.thread WHERE t.ref IS NULL OR t.deleted = 1 OR t.key IS NULL ORDER BY c.n;
      INSERT INTO kept (n, ref, page, at)
        SELECT c.n, c.ref, p.n, c.at FROM comment c JOIN thread t ON t.ref = c.thread AND t.deleted = 0 JOIN page p ON p.key = t.key ORDER BY c.n;
      -- A parent on another page, or not in the file, is none.
      UPDATE kept SET parent = (SELECT p.n FROM comment c JOIN comment q ON q.ref = c.parent JOIN kept p ON p.n = q.n
        WHERE c.n = kept.n AND p.page = kept.page);
      CREATE INDEX kept_parent ON kept (parent);
    `)
    // From the roots down. A comment sorts behind what it answers, even when the clock of the other system said otherwise.
    db.prepare(
      `INSERT INTO placed (page, sort_at, level, n, parent, answers)
        WITH RECURSIVE tree (n, page, sort_at, level, depth, parent, answers) AS (
          SELECT n, page, at, 0, 0, NULL, NULL FROM kept WHERE parent IS NULL
          UNION ALL
          SELECT k.n, k.page, max(k.at, t.sort_at), t.level + 1,
            CASE WHEN t.depth < ?1 THEN t.depth + 1 ELSE t.depth END,
            CASE WHEN t.depth < ?1 THEN t.n ELSE t.parent END,
            CASE WHEN t.depth < ?1 THEN NULL ELSE t.n END
          FROM tree t JOIN kept k ON k.parent = t.n
        )
        SELECT page, sort_at, level, n, parent, answers FROM tree`,
    ).run(options.maxDepth)
    db.exec(`
      -- What no root leads to answers itself in a circle. It is kept, without a parent.
      INSERT INTO placed (page, sort_at, level, n)
        SELECT page, at, 0, n FROM kept WHERE n NOT IN (SELECT n FROM placed);
      UPDATE page SET comments = (SELECT count(*) FROM placed WHERE placed.page = page.n);
      COMMIT;
    `)
  }

  const number = (row: { readonly [column: string]: unknown } | undefined, column: string): number =>
    Number(row?.[column] ?? 0)
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

  return {
    add(event) {
      switch (event.kind) {
        case 'thread':
          stageThread(event)
          break
        case 'author':
          addAuthor.run(event.ref, shortLine(event.name, 60), cleanEmail(event.email))
          break
        case 'comment':
          stageComment(event)
          break
        case 'skip':
          skip(event, event.reason)
          break
      }
      pendingWrites += 1
      if (pendingWrites % transactionSize === 0) db.exec('COMMIT; BEGIN')
    },
    arrange,
    counts() {
      const row = db
        .prepare(
          `SELECT count(*) AS comments, coalesce(sum(p.parent IS NOT NULL), 0) AS replies, count(DISTINCT p.page) AS threads,
            count(DISTINCT CASE WHEN c.status <> 'deleted' THEN c.author END) AS authors,
            coalesce(sum(c.status = 'pending'), 0) AS pending, coalesce(sum(c.status = 'spam'), 0) AS spam,
            coalesce(sum(c.status = 'deleted'), 0) AS deleted
          FROM placed p JOIN comment c ON c.n = p.n`,
        )
        .get()
      return {
        threads: number(row, 'threads'),
        comments: number(row, 'comments'),
        replies: number(row, 'replies'),
        authors: number(row, 'authors'),
        hidden: { pending: number(row, 'pending'), spam: number(row, 'spam'), deleted: number(row, 'deleted') },
      }
    },
    hosts() {
      return db
        .prepare(
          `SELECT coalesce(host, '') AS host, count(*) AS pages FROM page WHERE comments > 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`,
        )
        .all()
        .map((row) => ({ host: String(row['host']), pages: Number(row['pages']) }))
    },
    *pages() {
      for (const row of db.prepare('SELECT * FROM page WHERE comments > 0 OR closed = 1 ORDER BY n').iterate()) {
        yield {
          page: Number(row['n']),
          key: String(row['key']),
          url: text(row['url']),
          title: text(row['title']),
          closed: row['closed'] === 1,
          comments: Number(row['comments']),
        }
      }
    },
    *comments(page) {
      for (const row of selectComments.iterate(page)) {
        yield {
          ref: String(row['ref']),
          line: Number(row['line']),
          at: Number(row['at']),
          status: statusOf(row['status']),
          source: String(row['source']),
          author: String(row['author']),
          authorName: String(row['name']),
          authorEmail: text(row['email']),
          parentRef: text(row['parentRef']),
          parentAt: row['parentAt'] === null ? null : Number(row['parentAt']),
          replyRef: text(row['replyRef']),
          replyAt: row['replyAt'] === null ? null : Number(row['replyAt']),
        }
      }
    },
    skippedByReason() {
      return db
        .prepare('SELECT what, reason, count(*) AS count FROM skipped GROUP BY what, reason ORDER BY 3 DESC, 1, 2')
        .all()
        .map((row) => ({ reason: String(row['reason']), count: Number(row['count']) }))
    },
    skipped(limit) {
      return db
        .prepare('SELECT what, ref, line, reason FROM skipped ORDER BY line, n LIMIT ?')
        .all(limit)
        .map((row) => ({
          what: row['what'] === 'thread' ? 'thread' : 'comment',
          ref: text(row['ref']),
          line: Number(row['line']),
          reason: String(row['reason']),
        }))
    },
    close: () => db.close(),
  }
}

function statusOf(value: unknown): CommentEvent['status'] {
  return value === 'pending' || value === 'spam' || value === 'deleted' ? value : 'published'
}
