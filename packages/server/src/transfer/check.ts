import { DatabaseSync } from 'node:sqlite'
import { threadId } from '@confab/core'
import type { CommentLine, ThreadLine } from './lines.ts'
import { badLine, readLines } from './read-lines.ts'

/** A thread of the file. */
export interface CheckedThread {
  /** Its place among the `thread` lines, from 1. */
  readonly n: number
  readonly site: string
  readonly thread: string
  readonly key: string
  readonly comments: number
}

/** A file that was read to its end and found whole. */
export interface CheckedFile {
  readonly sites: readonly { readonly id: string; readonly origins: readonly string[] }[]
  readonly checksum: string
  /** Threads that are not void, in the order of the file. */
  threads(): Iterable<CheckedThread>
  isVoid(n: number): boolean
  close(): void
}

/**
 * Reads the whole file and recounts it. Every sum a comment carries follows from its direct replies, so comparing each
 * with those proves the whole tree. The rows lie in a private file that the system deletes with the process, so what is
 * in memory does not grow with the file.
 *
 * @throws ServerError `file_invalid` that names the line
 */
export async function checkFile(file: string, onProgress: (part: number) => void): Promise<CheckedFile> {
  const db = new DatabaseSync('')
  try {
    db.exec(`
      PRAGMA cache_size = -4000; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
      CREATE TABLE thread (n INTEGER PRIMARY KEY, line INTEGER NOT NULL, site TEXT NOT NULL, t TEXT NOT NULL, key TEXT NOT NULL,
        total INTEGER NOT NULL, roots INTEGER NOT NULL, void INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE user (site TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (site, id)) WITHOUT ROWID;
      CREATE TABLE comment (n INTEGER NOT NULL, id TEXT NOT NULL, line INTEGER NOT NULL, p TEXT, path TEXT NOT NULL,
        pub INTEGER NOT NULL, vis INTEGER NOT NULL, kids INTEGER NOT NULL, des INTEGER NOT NULL,
        PRIMARY KEY (n, id)) WITHOUT ROWID;
      BEGIN`)
    const found = await readInto(db, file, onProgress)
    recount(db)
    db.exec('COMMIT')
    const isVoid = db.prepare('SELECT void FROM thread WHERE n = ?')
    return {
      ...found,
      *threads() {
        const all = db.prepare(
          'SELECT n, site, t, key, (SELECT count(*) FROM comment c WHERE c.n = t.n) AS comments FROM thread t WHERE void = 0 ORDER BY n',
        )
        for (const row of all.iterate()) {
          yield {
            n: Number(row['n']),
            site: String(row['site']),
            thread: String(row['t']),
            key: String(row['key']),
            comments: Number(row['comments']),
          }
        }
      },
      isVoid: (n) => isVoid.get(n)?.['void'] === 1,
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

async function readInto(
  db: DatabaseSync,
  file: string,
  onProgress: (part: number) => void,
): Promise<Pick<CheckedFile, 'sites' | 'checksum'>> {
  const addThread = db.prepare('INSERT INTO thread (line, site, t, key, total, roots) VALUES (?, ?, ?, ?, ?, ?)')
  const addUser = db.prepare('INSERT INTO user (site, id) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const isUser = db.prepare('SELECT 1 FROM user WHERE site = ? AND id = ?')
  const addComment = db.prepare(
    'INSERT INTO comment (n, id, line, p, path, pub, vis, kids, des) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const sites = new Map<string, readonly string[]>()
  let thread: (ThreadLine & { readonly n: number; last: string }) | null = null
  let n = 0
  const counted = { threads: 0, comments: 0 }
  let inThread = 0
  let checksum = ''

  function endThread(): void {
    if (thread === null) return
    counted.threads += 1
    counted.comments += inThread
    thread = null
  }

  for await (const { line, number } of readLines(file, onProgress)) {
    switch (line.type) {
      case 'header':
        break
      case 'site':
        endThread()
        if (sites.has(line.id)) throw badLine(number, `the site ${line.id} comes twice`)
        sites.set(line.id, line.origins)
        break
      case 'thread':
        endThread()
        if (!sites.has(line.site)) throw badLine(number, `the site ${line.site} does not come before its threads`)
        if ((await threadId(line.site, line.key)) !== line.thread) {
          throw badLine(number, '"thread" is not the id that follows from "site" and "key"')
        }
        n += 1
        inThread = 0
        thread = { ...line, n, last: '' }
        addThread.run(number, line.site, line.thread, line.key, line.total, line.roots)
        break
      case 'user':
        addUser.run(line.site, line.id)
        break
      case 'comment':
        if (thread === null) throw badLine(number, 'a comment comes before its thread')
        if (line.id <= thread.last) throw badLine(number, 'the comments are not in the order of their ids')
        if (isUser.get(thread.site, line.author) === undefined) {
          throw badLine(number, `the user "${line.author}" does not come before what they wrote`)
        }
        checkComment(line, number)
        thread.last = line.id
        inThread += 1
        addComment.run(
          thread.n,
          line.id,
          number,
          line.parent,
          line.path.join('/'),
          Number(line.status === 'published'),
          Number(line.visible),
          line.replies,
          line.descendants,
        )
        break
      case 'again':
        if (thread === null) throw badLine(number, 'no thread comes before "again"')
        db.prepare('UPDATE thread SET void = 1 WHERE n = ?').run(thread.n)
        db.prepare('DELETE FROM comment WHERE n = ?').run(thread.n)
        thread = null
        break
      case 'end':
        endThread()
        if (line.threads !== counted.threads || line.comments !== counted.comments) {
          throw badLine(
            number,
            `it promises ${line.threads} threads and ${line.comments} comments, and there are ${counted.threads} and ${counted.comments}`,
          )
        }
        checksum = line.sha256
        break
    }
  }
  return { sites: [...sites].map(([id, origins]) => ({ id, origins })), checksum }
}

function checkComment(line: CommentLine, number: number): void {
  if (line.path.at(-1) !== line.id || (line.path.at(-2) ?? null) !== line.parent) {
    throw badLine(number, '"path" does not end with the parent and the comment itself')
  }
  let last = 0
  for (const { rev } of line.revisions) {
    if (rev <= last || rev >= line.rev) throw badLine(number, '"revisions" are not in order, or newer than the comment')
    last = rev
  }
}

function recount(db: DatabaseSync): void {
  const first = (sql: string, reason: string): void => {
    const row = db.prepare(`${sql} LIMIT 1`).get()
    if (row !== undefined) throw badLine(Number(row['line']), reason)
  }
  db.exec(`
    CREATE TABLE sums (n INTEGER NOT NULL, p TEXT NOT NULL, kids INTEGER NOT NULL, des INTEGER NOT NULL, PRIMARY KEY (n, p)) WITHOUT ROWID;
    INSERT INTO sums SELECT n, p, sum(vis), sum(des + pub) FROM comment WHERE p IS NOT NULL GROUP BY n, p`)
  first(
    'SELECT c.line FROM comment c LEFT JOIN comment p ON p.n = c.n AND p.id = c.p WHERE c.p IS NOT NULL AND p.id IS NULL',
    'the comment that it answers is not in the file',
  )
  first(
    "SELECT c.line FROM comment c JOIN comment p ON p.n = c.n AND p.id = c.p WHERE c.path <> p.path || '/' || c.id",
    '"path" is not that of the parent and the comment itself',
  )
  first(
    `SELECT c.line FROM comment c LEFT JOIN sums s ON s.n = c.n AND s.p = c.id
      WHERE c.kids <> coalesce(s.kids, 0) OR c.des <> coalesce(s.des, 0) OR c.vis <> (c.pub OR c.kids > 0)`,
    '"replies", "descendants" or "visible" is not what a recount gives',
  )
  first(
    `SELECT t.line FROM thread t WHERE void = 0 AND (
      total <> (SELECT coalesce(sum(pub), 0) FROM comment c WHERE c.n = t.n) OR
      roots <> (SELECT coalesce(sum(vis), 0) FROM comment c WHERE c.n = t.n AND p IS NULL))`,
    '"total" or "roots" is not what a recount gives',
  )
  first(
    'SELECT b.line FROM thread a JOIN thread b ON b.t = a.t AND b.n > a.n WHERE a.void = 0 AND b.void = 0',
    'the thread comes twice',
  )
}
