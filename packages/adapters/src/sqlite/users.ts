import type { UserRow, UserStore } from '@confab/core/ports'
import { toUserRow } from '../sql/rows.ts'
import { sql } from '../sql/users.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

export function userStore(db: Database, writer: Writer): UserStore {
  return {
    get: (site, ids) =>
      db.attempt(() => {
        const found = new Map<string, UserRow>()
        for (const row of db.all(sql.get, site, JSON.stringify(ids))) {
          const user = toUserRow(row)
          found.set(user.id, user)
        }
        return ids.map((id) => found.get(id) ?? null)
      }),
    async put(user) {
      const { site, id, name, avatar, website, email, role, at } = user
      await writer.write(() => db.run(sql.put, site, id, name, avatar, website, email, role, at))
    },
  }
}
