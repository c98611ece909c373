/**
 * Column names are short because a comment is stored millions of times: t thread, p parent ('' for a root),
 * path ancestors and itself, ans the comment really answered, u author, st status, vis visible, dn down, kids visible
 * direct replies, des published descendants, ed edited.
 *
 * Small columns come first, so that walking a tree does not read texts that overflow a page.
 */
export const firstSchema: readonly string[] = [
  `CREATE TABLE thread (
  t TEXT PRIMARY KEY, site TEXT NOT NULL, key TEXT NOT NULL, url TEXT, title TEXT,
  ver INTEGER NOT NULL, total INTEGER NOT NULL, roots INTEGER NOT NULL, state INTEGER NOT NULL,
  at INTEGER NOT NULL, last INTEGER
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX thread_site ON thread(site, t)`,
  `CREATE TABLE comment (
  t TEXT NOT NULL, id TEXT NOT NULL, p TEXT NOT NULL, path TEXT NOT NULL,
  st INTEGER NOT NULL, vis INTEGER NOT NULL, rev INTEGER NOT NULL, kids INTEGER NOT NULL, des INTEGER NOT NULL,
  site TEXT NOT NULL, u TEXT NOT NULL, ans TEXT, up INTEGER NOT NULL, dn INTEGER NOT NULL,
  at INTEGER NOT NULL, ed INTEGER, src TEXT NOT NULL, html TEXT NOT NULL,
  PRIMARY KEY (t, id)
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX c_tree ON comment(t, p, vis, id)`,
  `CREATE INDEX c_mine ON comment(t, u, id) WHERE st <> 4`,
  `CREATE INDEX c_author ON comment(site, u, id)`,
  `CREATE INDEX c_site ON comment(site, id) WHERE st = 0`,
  `CREATE INDEX c_queue ON comment(site, st, id) WHERE st IN (1, 2)`,
  `CREATE TABLE revision (
  t TEXT NOT NULL, id TEXT NOT NULL, rev INTEGER NOT NULL, src TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (t, id, rev)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE idem (
  t TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (t, scope, key)
) STRICT, WITHOUT ROWID`,
  `CREATE INDEX idem_age ON idem(at)`,
  `CREATE TABLE event (
  id TEXT PRIMARY KEY, t TEXT NOT NULL, ver INTEGER, site TEXT NOT NULL, type TEXT NOT NULL, v INTEGER NOT NULL,
  c TEXT, actor TEXT, at INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, lease INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID`,
  `CREATE UNIQUE INDEX e_thread ON event(t, ver) WHERE ver IS NOT NULL`,
  `CREATE INDEX e_age ON event(done, at, id)`,
  `CREATE TABLE user (
  site TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, avatar TEXT, website TEXT, email TEXT,
  role TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (site, id)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE record (
  coll TEXT NOT NULL, part TEXT NOT NULL, id BLOB NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL,
  PRIMARY KEY (coll, part, id)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE record_index (
  coll TEXT NOT NULL, part TEXT NOT NULL, ix TEXT NOT NULL, k BLOB NOT NULL, id BLOB NOT NULL,
  PRIMARY KEY (coll, part, ix, k)
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE record_spec (coll TEXT PRIMARY KEY, indexes TEXT NOT NULL) STRICT, WITHOUT ROWID`,
]
