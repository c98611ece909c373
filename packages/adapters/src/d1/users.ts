import type { UserRow, UserStore } from '@confab/core/ports'
import { toUserRow } from '../sql/rows.ts'
import { sql } from '../sql/users.ts'
import type { Database } from './database.ts'
import { idList } from './json-rows.ts'

export function userStore(db: Database): UserStore {
  return {
    async get(site, ids) {
      const found = new Map<string, UserRow>()
      for (const row of await db.all(sql.get, site, idList(ids))) {
        const user = toUserRow(row)
        found.set(user.id, user)
      }
      return ids.map((id) => found.get(id) ?? null)
    },
    async put({ site, id, name, avatar, website, email, role, at }) {
      await db.all(sql.put, site, id, name, avatar, website, email, role, at)
    },
  }
}
