import type { Database } from './database.ts'
import { StoreError } from '../store/errors.ts'

/** Marks a file as ours: `Conf`. https://www.sqlite.org/pragma.html#pragma_application_id */
const applicationId = 0x436f6e66

/**
 * Column names are short because a comment is stored millions of times: t thread, p parent ('' for a root),
 * path ancestors and itself, ans the comment really answered, u author, st status, vis visible, dn down, kids visible
 * direct replies, des published descendants, ed edited.
 *
 * Small columns come first, so that walking a tree does not read texts that overflow a page.
 */
const first = `
CREATE TABLE thread (
  t TEXT PRIMARY KEY, site TEXT NOT NULL, key TEXT NOT NULL, url TEXT, title TEXT,
  ver INTEGER NOT NULL, total INTEGER NOT NULL, roots INTEGER NOT NULL, state INTEGER NOT NULL,
  at INTEGER NOT NULL, last INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_site ON thread(site, t);

CREATE TABLE comment (
  t TEXT NOT NULL, id TEXT NOT NULL, p TEXT NOT NULL, path TEXT NOT NULL,
  st INTEGER NOT NULL, vis INTEGER NOT NULL, rev INTEGER NOT NULL, kids INTEGER NOT NULL, des INTEGER NOT NULL,
  site TEXT NOT NULL, u TEXT NOT NULL, ans TEXT, up INTEGER NOT NULL, dn INTEGER NOT NULL,
  at INTEGER NOT NULL, ed INTEGER, src TEXT NOT NULL, html TEXT NOT NULL,
  PRIMARY KEY (t, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX c_tree ON comment(t, p, vis, id);
CREATE INDEX c_mine ON comment(t, u, id) WHERE st <> 4;
CREATE INDEX c_author ON comment(site, u, id);
CREATE INDEX c_site ON comment(site, id) WHERE st = 0;
CREATE INDEX c_queue ON comment(site, st, id) WHERE st IN (1, 2);

CREATE TABLE revision (
  t TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, src TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (t, id, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE idem (
  t TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (t, scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idem_age ON idem(at);

CREATE TABLE event (
  id TEXT PRIMARY KEY, t TEXT NOT NULL, ver INTEGER, site TEXT NOT NULL, type TEXT NOT NULL, v INTEGER NOT NULL,
  c TEXT, actor TEXT, at INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, lease INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX e_thread ON event(t, ver) WHERE ver IS NOT NULL;
CREATE INDEX e_age ON event(done, at, id);

CREATE TABLE user (
  site TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, avatar TEXT, website TEXT, email TEXT,
  role TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (site, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  coll TEXT NOT NULL, part TEXT NOT NULL, id BLOB NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (coll, part, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_index (
  coll TEXT NOT NULL, part TEXT NOT NULL, ix TEXT NOT NULL, k BLOB NOT NULL, id BLOB NOT NULL,
  PRIMARY KEY (coll, part, ix, k)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_spec (coll TEXT PRIMARY KEY, indexes TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

/** Each brings a file from the version of its place to the next. Only ever appended to. */
export const migrations: readonly string[] = [first]

/** Settings of a connection. They are not kept in the file. */
export function configure(db: Database): void {
  // FULL syncs the log before a commit ends: what was acknowledged survives a power cut.
  db.handle.exec('PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY')
}

/**
 * Brings the file to the newest version, all steps or none. Several processes may do so at once.
 * @throws StoreError `store_newer`, `store_foreign`
 */
export function bringForward(db: Database, steps: readonly string[] = migrations): void {
  const { handle } = db
  if (versionOf(db, steps) === steps.length && journalMode(db) !== 'delete') return
  // Readers go on while somebody writes. Cannot be set inside a transaction; stays in the file.
  handle.exec('PRAGMA journal_mode = WAL')
  handle.exec('BEGIN IMMEDIATE')
  try {
    // Asked again under the lock: another process may have been faster.
    for (const step of steps.slice(versionOf(db, steps))) handle.exec(step)
    handle.exec(`PRAGMA user_version = ${steps.length}; PRAGMA application_id = ${applicationId}`)
    handle.exec('COMMIT')
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK')
    throw error
  }
}

function versionOf(db: Database, steps: readonly string[]): number {
  const version = pragma(db, 'user_version')
  const isEmpty = db.handle.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isEmpty && pragma(db, 'application_id') !== applicationId) {
    throw new StoreError('store_foreign', 'The file holds the tables of another program: give Confab a file of its own')
  }
  if (version > steps.length) {
    throw new StoreError(
      'store_newer',
      `The database was written by a newer version of Confab (its version is ${version}, this one knows ${steps.length}): update Confab`,
    )
  }
  return version
}

function journalMode(db: Database): unknown {
  return db.handle.prepare('PRAGMA journal_mode').get()?.['journal_mode']
}

function pragma(db: Database, name: 'user_version' | 'application_id'): number {
  return Number(db.handle.prepare(`PRAGMA ${name}`).get()?.[name])
}
