import { closeSync, openSync, writeSync } from 'node:fs'
import { disqusFile, post, thread } from './formats/disqus.fixture.ts'

const words =
  'the river bends where water slows and people on bench talk about bridges ferries weather bread time'.split(' ')

/** Writes an export of about so many bytes, piece by piece, and answers how many comments are in it. */
export function writeLargeExport(file: string, bytes: number): number {
  const [head = '', tail = ''] = disqusFile('|').split('|')
  const out = openSync(file, 'w')
  const threads = 500
  let size = 0
  const add = (text: string): void => {
    size += writeSync(out, text)
  }
  add(head)
  for (let i = 0; i < threads; i++)
    add(thread({ id: String(i), link: `https://blog.example/posts/${i}/`, title: `Post ${i}` }))
  let comments = 0
  // A small generator instead of Math.random: every run writes the same file.
  let state = 1
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % limit
  }
  while (size < bytes) {
    let batch = ''
    for (let i = 0; i < 200; i++) {
      const paragraphs = Array.from({ length: 1 + next(4) }, () => {
        const sentence = Array.from({ length: 10 + next(50) }, () => words[next(words.length)]).join(' ')
        return `<p>${sentence} <a href="https://example.com/${next(1000)}" rel="nofollow">link</a></p>`
      })
      const id = comments
      const of = id % threads
      const author = next(20_000)
      batch += post({
        id: String(id),
        thread: String(of),
        message: paragraphs.join(''),
        createdAt: new Date(Date.parse('2015-01-01T00:00:00Z') + id * 1000).toISOString(),
        author: `<name>Reader ${author}</name><email>reader${author}@example.com</email>`,
        ...(id >= threads && next(3) > 0 ? { parent: String(id - threads) } : {}),
      })
      comments += 1
    }
    add(batch)
  }
  add(tail)
  closeSync(out)
  return comments
}
