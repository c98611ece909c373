import { userColumns } from './rows.ts'

export const sql = {
  get: `SELECT ${userColumns} FROM user WHERE site = ? AND id IN (SELECT value FROM json_each(?))`,
  put: `INSERT INTO user (${userColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (site, id) DO UPDATE SET name = excluded.name, avatar = excluded.avatar, website = excluded.website,
      email = excluded.email, role = excluded.role, at = excluded.at`,
}
