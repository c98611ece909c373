import { firstSchema } from '../sql/schema.ts'
import { number } from '../sql/rows.ts'
import { StoreError } from '../store/errors.ts'
import type { Database, Statement } from './database.ts'
import { isMissingTable } from './errors.ts'
import { guardSql } from './guard.ts'

/**
 * The tables of SQLite, and what takes the place of its transactions: `turn` counts the commits of a thread, and `guard`
 * is always empty, see `guard.ts`.
 */
const first: readonly string[] = [
  ...firstSchema,
  'ALTER TABLE thread ADD COLUMN turn INTEGER NOT NULL DEFAULT 0',
  'CREATE TABLE guard (held INTEGER NOT NULL) STRICT',
]

/** Each brings a database from the version of its place to the next. Only ever appended to. */
export const migrations: readonly (readonly string[])[] = [first]

const sql = {
  version: 'SELECT version FROM confab',
  // Cloudflare's own tables, and the one that its command line keeps.
  strangers: `SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'd1_migrations'
    AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' LIMIT 1`,
  create: 'CREATE TABLE confab (version INTEGER NOT NULL) STRICT',
  begin: 'INSERT INTO confab (version) VALUES (1)',
  raise: 'UPDATE confab SET version = ?',
  guard: guardSql('(SELECT version FROM confab) = ?'),
}

/**
 * Brings the database to the newest version, each step whole or not at all. Several Workers may do so at once.
 * @throws StoreError `store_newer`, `store_foreign`
 */
export async function bringForward(db: Database, steps: readonly (readonly string[])[] = migrations): Promise<void> {
  for (;;) {
    const version = await versionOf(db, steps)
    const step = steps[version]
    if (!step) return
    const changes = step.map((text): Statement => [text])
    try {
      if (version === 0) await db.batch([[sql.create], ...changes, [sql.begin]])
      else await db.batch([[sql.guard, version], ...changes, [sql.raise, version + 1]])
    } catch (error) {
      // Somebody else may have been faster: then the step is done, and only its repetition has failed.
      if ((await versionOf(db, steps)) === version) throw error
    }
  }
}

async function versionOf(db: Database, steps: readonly unknown[]): Promise<number> {
  let version = 0
  try {
    const [row] = await db.all(sql.version)
    version = number(row?.[0])
  } catch (error) {
    if (!isMissingTable(error, 'confab')) throw error
    if ((await db.all(sql.strangers)).length > 0) {
      throw new StoreError(
        'store_foreign',
        'The database holds the tables of another program: give Confab a database of its own',
      )
    }
  }
  if (version > steps.length) {
    throw new StoreError(
      'store_newer',
      `The database was written by a newer version of Confab (its version is ${version}, this one knows ${steps.length}): update Confab`,
    )
  }
  return version
}
