import { expect, test } from 'vitest'
import { createConfab } from '../../create.ts'
import { memoryStore } from '../../memory/index.ts'

test('a text that shows nothing is refused, when it is written and when it is changed', async () => {
  const confab = createConfab({ store: memoryStore(), sites: [{ id: 'blog', origins: [] }] })
  const page = { site: 'blog', pageKey: '/a' }
  const ada = { id: 'ada', name: 'Ada' }
  const nothing = '[a]: https://example.org'
  const { comments } = confab.api
  await expect(comments.create({ ...page, author: ada, body: nothing })).rejects.toMatchObject({ code: 'invalid' })
  const { id, rev } = await comments.create({ ...page, author: ada, body: 'Something' })
  await expect(comments.edit({ ...page, by: ada, id, rev, body: nothing })).rejects.toMatchObject({ code: 'invalid' })
  expect((await comments.list(page)).items.map((comment) => comment.html)).toEqual(['<p>Something</p>\n'])
  await confab.close()
})
