// Writes as fast as it can and prints the id of each comment once it is acknowledged. Killed, or told to stop by the
// end of its input. Arguments: file, first letter of its ids.
import { randomBytes } from 'node:crypto'
import type { Id, Op, ThreadTarget } from '@confab/core/ports'
import { sqlite } from './index.ts'

const [file = '', letter = '0'] = process.argv.slice(2)
const store = sqlite(file)
await store.migrate()
await store.users.put({
  site: 's',
  id: 'u',
  name: 'U',
  avatar: null,
  website: null,
  email: null,
  role: 'member',
  at: 1,
})

let isStopping = false
process.stdin.on('end', () => (isStopping = true)).resume()

const newId = () => letter + randomBytes(16).toString('hex').slice(0, 15)

/** One of several writers that share a thread with others. */
async function write(target: ThreadTarget): Promise<void> {
  const mine: Id[] = []
  while (!isStopping) {
    const id = newId()
    const ops: Op[] = [
      {
        op: 'create',
        id,
        parent: mine.at(-3) ?? null,
        replyTo: null,
        author: 'u',
        source: 'text '.repeat(40),
        html: '<p>text</p>',
        status: mine.length % 7 === 6 ? 'pending' : 'published',
        at: Date.now(),
        key: { scope: 'u', value: id, hash: id },
      },
    ]
    const old = mine.at(-5)
    if (old) ops.push({ op: 'status', id: old, to: mine.length % 2 === 0 ? 'deleted' : 'spam', by: 'u', at: 1 })
    const { results } = await store.commit(target, ops, { at: Date.now(), eventId: newId })
    const [created] = results
    if (created?.ok) mine.push(id)
    // Nobody answers under what is not published: start a new branch.
    else mine.length = 0
    // A pipe takes this at once, so a line that was read was acknowledged before.
    if (created?.ok) process.stdout.write(`${target.thread} ${id}\n`)
  }
}

const threads = ['thread-one', 'thread-two', 'thread-three'].map((thread) => ({ site: 's', thread, key: `/${thread}` }))
await Promise.all(threads.flatMap((target) => [write(target), write(target), write(target), write(target)]))
await store.close()
