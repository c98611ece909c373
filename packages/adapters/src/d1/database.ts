import type { Row, Value } from '../sql/rows.ts'
import { toStoreError } from './errors.ts'

/** What of a D1 binding the store uses. `D1Database` of Cloudflare's types fits. */
export interface D1Binding {
  prepare(sql: string): D1Statement
  batch(statements: D1Statement[]): Promise<readonly D1Rows[]>
}

export interface D1Statement {
  bind(...values: (string | number | null)[]): D1Statement
}

export interface D1Rows {
  readonly results: readonly unknown[]
}

/** A binding, or a function that answers one, called anew for each call of the database. */
export type D1Source = D1Binding | (() => D1Binding)

/** A statement with its values, fewer than 100. */
export type Statement = readonly [sql: string, ...values: (string | number | null)[]]

export interface Database {
  /**
   * Runs the statements in one transaction, and so reads from one state of the database. Answers the rows of each.
   * @throws StoreError also where a statement broke a constraint, see {@link brokenConstraint}: then none has happened
   */
  batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>
  /** The rows of a single statement. */
  all(...statement: Statement): Promise<readonly Row[]>
}

export function openDatabase(source: D1Source): Database {
  async function batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    try {
      const binding = typeof source === 'function' ? source() : source
      const answers = await binding.batch(statements.map(([sql, ...values]) => binding.prepare(sql).bind(...values)))
      return answers.map(({ results }) => results.map(toRow))
    } catch (error) {
      throw toStoreError(error)
    }
  }

  return {
    batch,
    async all(...statement) {
      const [rows = []] = await batch([statement])
      return rows
    },
  }
}

/** D1 makes an object of each row, with the columns in their order; so no two of a statement may have one name. */
function toRow(columns: unknown): Row {
  return Object.values(columns as { readonly [name: string]: Value })
}
