import type { UserRow, UserStore } from '@confab/core/ports'
import type { Database } from './database.ts'
import { toUserRow, userColumns } from './rows.ts'
import type { Writer } from './writer.ts'

export const sql = {
  get: `SELECT ${userColumns} FROM user WHERE site = ? AND id IN (SELECT value FROM json_each(?))`,
  put: `INSERT INTO user (${userColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (site, id) DO UPDATE SET name = excluded.name, avatar = excluded.avatar, website = excluded.website,
      email = excluded.email, role = excluded.role, at = excluded.at`,
}

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
