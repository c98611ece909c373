import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectRecount } from '@confab/core/testing'
import { openDatabase } from './database.ts'
import { sqlite } from './index.ts'

const rounds = 8
const threads = ['thread-one', 'thread-two', 'thread-three'].map((thread) => ({ site: 's', thread }))

/** A process that writes; `acknowledged` is what it has said so far. */
interface Storm {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly acknowledged: readonly (readonly [thread: string, id: string])[]
  readonly ended: Promise<void>
  readonly errors: () => string
}

describe('a storm of writes', () => {
  let folder = ''
  let file = ''
  const running = new Set<Storm>()

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confab-storm-'))
    file = join(folder, 'confab.db')
  })

  afterEach(async () => {
    for (const storm of running) storm.child.kill('SIGKILL')
    await Promise.all([...running].map((storm) => storm.ended))
    await rm(folder, { recursive: true })
  })

  function start(letter: string): Storm {
    const fixture = fileURLToPath(new URL('storm.fixture.ts', import.meta.url))
    const child = spawn(process.execPath, [fixture, file, letter], { stdio: ['pipe', 'pipe', 'pipe'] })
    const acknowledged: [string, string][] = []
    let rest = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      // What a kill cut off was not said.
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [thread = '', id = ''] = line.split(' ')
        acknowledged.push([thread, id])
      }
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
    const storm: Storm = {
      child,
      acknowledged,
      ended: once(child, 'close').then(() => void running.delete(storm)),
      errors: () => errors,
    }
    running.add(storm)
    return storm
  }

  async function said(storm: Storm, count: number): Promise<void> {
    while (storm.acknowledged.length < count) {
      if (storm.child.exitCode !== null) throw new Error(`The storm ended early: ${storm.errors()}`)
      await Promise.race([once(storm.child.stdout, 'data'), storm.ended])
    }
  }

  async function check(acknowledged: Storm['acknowledged'], label: string): Promise<void> {
    const db = openDatabase(file, 1000)
    expect(db.all('PRAGMA integrity_check'), label).toEqual([['ok']])
    const copies = db.all('SELECT id, count(*) FROM comment GROUP BY id HAVING count(*) > 1')
    expect(copies, label).toEqual([])
    await db.close()

    const store = sqlite(file)
    for (const ref of threads) {
      const ids = acknowledged.filter(([thread]) => thread === ref.thread).map(([, id]) => id)
      const missing = (await store.rows(ref, ids)).filter((row) => row === null)
      expect(missing, label).toEqual([])
      await expectRecount(expect, store, ref, label)
      const events = await store.events.since(ref, 0, 1_000_000)
      expect(events !== 'gone' && events.length, label).toBe(await store.ver(ref))
    }
    // A client that never heard the answer asks again, with the same key.
    const [last] = acknowledged.slice(-1)
    if (last) {
      const [thread, id] = last
      const again = await store.commit(
        { site: 's', thread, key: `/${thread}` },
        [
          {
            op: 'create',
            id: `again${id.slice(5)}`,
            parent: null,
            replyTo: null,
            author: 'u',
            source: 'again',
            html: 'again',
            status: 'published',
            at: 1,
            key: { scope: 'u', value: id, hash: id },
          },
        ],
        { at: 1, eventId: () => `again${id.slice(5)}` },
      )
      expect(again.results, label).toMatchObject([{ ok: true, repeat: true, row: { id } }])
    }
    await store.close()
  }

  test('killed at any moment, it leaves every acknowledged comment, once', async () => {
    const all: (readonly [string, string])[] = []
    for (let round = 1; round <= rounds; round++) {
      const storm = start(String(round))
      // Past the first commits, then at a random moment of some tens of milliseconds, the time of many commits.
      await said(storm, 20 + Math.floor(Math.random() * 200))
      const pause = Math.random() * 40
      await new Promise((resolve) => setTimeout(resolve, pause))
      storm.child.kill('SIGKILL')
      await storm.ended
      all.push(...storm.acknowledged)
      await check(all, `round ${round}, killed ${pause.toFixed(1)} ms after the last look`)
    }
    expect(all.length).toBeGreaterThan(rounds * 20)
  }, 60_000)

  test('two processes write to one file', async () => {
    const storms = [start('a'), start('b')]
    await Promise.all(storms.map((storm) => said(storm, 300)))
    for (const storm of storms) storm.child.stdin.end()
    await Promise.all(storms.map((storm) => storm.ended))
    for (const storm of storms) expect(storm.errors()).toBe('')
    await check(
      storms.flatMap((storm) => storm.acknowledged),
      'two processes',
    )
  }, 60_000)
})
