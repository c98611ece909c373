import type { UserStore } from '@confab/core/ports'
import { find, finds } from './queries.ts'
import { fromUser, toUser } from './rows.ts'
import type { Runner } from './transact.ts'

export function userStore(runner: Runner): UserStore {
  return {
    get: (site, ids) =>
      runner.run(async (access) => {
        const users = (await find(access, 'users', finds.users(site, ids))).map(toUser)
        const byIds = new Map(users.map((user) => [user.id, user]))
        return ids.map((id) => byIds.get(id) ?? null)
      }),
    async put(user) {
      const { _id, ...fields } = fromUser(user)
      await runner.run(({ db, session }) =>
        db.collection('users').replaceOne({ _id }, fields, { upsert: true, session }),
      )
    },
  }
}
