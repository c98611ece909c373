import { mongodb } from '../index.ts'
import { commitOptions, createOp, threadOf } from './comments.fixture.ts'

// One of several processes that write to one thread at once: `node <this file> <url> <database> <commits>`.
const [url = '', database = '', commits = '0'] = process.argv.slice(2)
const store = mongodb(url, { database })
const longest: number[] = []
const vers: number[] = []
for (let i = 0; i < Number(commits); i++) {
  const started = performance.now()
  const { thread, results } = await store.commit(threadOf(1), [createOp(), createOp()], commitOptions())
  longest.push(performance.now() - started)
  if (!results.every((result) => result.ok)) throw new Error(JSON.stringify(results))
  vers.push(thread?.ver ?? 0)
}
await store.close()
console.log(JSON.stringify({ vers, longestMs: Math.max(...longest) }))
