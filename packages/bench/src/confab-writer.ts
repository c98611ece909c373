import { createConfab } from '@confab/core'
import { sqlite } from '@confab/adapters/sqlite'
import type { CommentWriter } from './comment-writer.ts'
import { keyOf, pageOf, pages } from './comment-writer.ts'
import { authorOf, site, sourceOf } from './seed.ts'

/** Confab on a database file, with users of the host. Only the limits on how much one may write are off. */
export async function confabWriter(file: string): Promise<CommentWriter> {
  const confab = createConfab({
    store: sqlite(file),
    sites: [{ id: site, origins: ['https://blog.example.org'] }],
    limits: { read: false, write: false, address: false },
    identify: (request) => {
      const id = request.headers.get('x-user')
      return id === null ? null : { id, name: `Reader ${id}` }
    },
  })
  await confab.start()
  const { comments } = confab.api
  const tops: string[] = []
  for (let page = 0; page < pages; page++) {
    const top = await comments.create({ site, pageKey: pageOf(page), author: authorOf(page), body: 'First' })
    tops.push(top.id)
  }
  return {
    async write(client, serial) {
      const parent = serial % 2 === 0 ? undefined : tops[client % pages]
      await comments.create({
        site,
        pageKey: pageOf(client),
        author: authorOf(client),
        body: sourceOf(serial),
        key: keyOf(serial),
        ...(parent !== undefined && { parent }),
      })
    },
    fetch: confab.fetch,
    close: () => confab.close(),
  }
}
