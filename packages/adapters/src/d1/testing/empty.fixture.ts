import type { D1Binding, D1Rows, D1Statement } from '../database.ts'

/** Drops whatever is in the database. */
export async function empty(db: D1Binding): Promise<void> {
  const run = async (texts: readonly string[]): Promise<readonly D1Rows[]> =>
    db.batch(texts.map((text): D1Statement => db.prepare(text)))
  const [tables] = await run([`SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 4) <> '_cf_'`])
  const names = (tables?.results ?? []) as readonly { readonly name: string }[]
  if (names.length > 0) await run(names.map(({ name }) => `DROP TABLE ${name}`))
}
