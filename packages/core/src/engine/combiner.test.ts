import { describe, expect, test, vi } from 'vitest'
import type { Commit, CommitOptions, Op, ThreadTarget } from '../ports/index.ts'
import { endOfTurn } from '../runtime/turn.ts'
import { createCombiner } from './combiner.ts'

const options = (): CommitOptions => ({ at: 1, eventId: () => '0'.repeat(16) })
const target = (thread: string, more: Partial<ThreadTarget> = {}): ThreadTarget => ({
  site: 'blog',
  thread,
  key: `/${thread}`,
  ...more,
})
const op = (id: string): Op => ({ op: 'purge', id, at: 1 })

interface Call {
  readonly target: ThreadTarget
  readonly ids: string[]
  resolve(commit?: Partial<Commit>): void
  reject(error: Error): void
}

/** A store whose commits end when the test says so. */
function store() {
  const calls: Call[] = []
  return {
    calls,
    commit(to: ThreadTarget, ops: readonly Op[]): Promise<Commit> {
      const ids = ops.map((one) => (one.op === 'purge' ? one.id : ''))
      return new Promise((resolve, reject) => {
        const results = ids.map(() => ({ ok: true, row: null, repeat: false }) as const)
        calls.push({
          target: to,
          ids,
          resolve: (commit) => resolve({ thread: null, results, events: [], ...commit }),
          reject,
        })
      })
    },
  }
}

function combinerOf(from: ReturnType<typeof store>, more: Partial<Parameters<typeof createCombiner>[1]> = {}) {
  return createCombiner(from, {
    commitOptions: options,
    onCommit: () => undefined,
    overloaded: () => new Error('too much'),
    ...more,
  })
}

async function called(from: ReturnType<typeof store>, count: number): Promise<Call> {
  for (let turn = 0; turn < 100 && from.calls.length < count; turn++) await endOfTurn()
  expect(from.calls).toHaveLength(count)
  const call = from.calls[count - 1]
  if (!call) throw new Error('No such call')
  return call
}

describe('changes to one thread', () => {
  test('that come while one is written go together afterwards, in order', async () => {
    const from = store()
    const combiner = combinerOf(from)
    const first = combiner.commit(target('t'), op('0'))
    await called(from, 1)
    const rest = Array.from({ length: 100 }, (_, i) => combiner.commit(target('t'), op(`${i + 1}`)))
    expect(from.calls.map((call) => call.ids)).toEqual([['0']])
    from.calls[0]?.resolve()
    await first
    const second = await called(from, 2)
    expect(second.ids).toEqual(Array.from({ length: 64 }, (_, i) => `${i + 1}`))
    second.resolve()
    const third = await called(from, 3)
    expect(third.ids).toEqual(Array.from({ length: 36 }, (_, i) => `${i + 65}`))
    third.resolve()
    expect(await Promise.all(rest)).toHaveLength(100)
    await combiner.idle()
    expect(from.calls).toHaveLength(3)
  })

  test('each get their own result', async () => {
    const from = store()
    const combiner = combinerOf(from)
    void combiner.commit(target('t'), op('a'))
    await called(from, 1)
    const waiting = ['b', 'c'].map((id) => combiner.commit(target('t'), op(id)))
    from.calls[0]?.resolve()
    const refused = { ok: false, error: 'not_found', row: null } as const
    const done = { ok: true, row: null, repeat: false } as const
    ;(await called(from, 2)).resolve({ results: [refused, done] })
    expect((await Promise.all(waiting)).map(({ result }) => result)).toEqual([refused, done])
  })

  test('of which the store answers too few fail instead of waiting for ever', async () => {
    const from = store()
    const combiner = combinerOf(from)
    const asked = combiner.commit(target('t'), op('a'))
    ;(await called(from, 1)).resolve({ results: [] })
    await expect(asked).rejects.toThrow('fewer results')
  })

  test('share the first address and title that one of them knows', async () => {
    const from = store()
    const combiner = combinerOf(from)
    void combiner.commit(target('t'), op('0'))
    await called(from, 1)
    const known: Partial<ThreadTarget>[] = [
      { url: null, title: 'One' },
      { url: 'https://a.example/', title: null },
      { url: 'https://b.example/', title: 'Two' },
    ]
    const waiting = known.map((more, i) => combiner.commit(target('t', more), op(`${i}`)))
    from.calls[0]?.resolve()
    const second = await called(from, 2)
    expect(second.target).toEqual(target('t', { url: 'https://a.example/', title: 'One' }))
    second.resolve()
    await Promise.all(waiting)
  })

  test('that fail together fail all of them, and none that comes later', async () => {
    const from = store()
    const onCommit = vi.fn()
    const combiner = combinerOf(from, { onCommit })
    const first = combiner.commit(target('t'), op('0'))
    await called(from, 1)
    const rest = Promise.allSettled(['1', '2'].map((id) => combiner.commit(target('t'), op(id))))
    const away = new Error('away')
    from.calls[0]?.reject(away)
    await expect(first).rejects.toBe(away)
    ;(await called(from, 2)).reject(away)
    expect((await rest).map((result) => result.status)).toEqual(['rejected', 'rejected'])
    expect(onCommit).not.toHaveBeenCalled()
    const later = combiner.commit(target('t'), op('3'))
    ;(await called(from, 3)).resolve()
    expect((await later).result.ok).toBe(true)
    expect(onCommit).toHaveBeenCalledOnce()
  })

  test('are announced once for each commit, before anybody is answered', async () => {
    const from = store()
    const order: string[] = []
    const combiner = combinerOf(from, { onCommit: () => order.push('announced') })
    const asked = combiner.commit(target('t'), op('0')).then(() => order.push('answered'))
    ;(await called(from, 1)).resolve()
    await asked
    expect(order).toEqual(['announced', 'answered'])
  })

  test('are refused when too many wait, and taken again when there is room', async () => {
    const from = store()
    const combiner = combinerOf(from)
    const taken = Array.from({ length: 10_000 }, (_, i) => combiner.commit(target('t'), op(`${i}`)))
    await expect(combiner.commit(target('t'), op('more'))).rejects.toThrow('too much')
    // Another thread is of the same process, so it shares the bound.
    await expect(combiner.commit(target('other'), op('more'))).rejects.toThrow('too much')
    for (let count = 1; count <= 157; count++) (await called(from, count)).resolve()
    await Promise.all(taken)
    const later = combiner.commit(target('t'), op('later'))
    ;(await called(from, 158)).resolve()
    await later
    await combiner.idle()
  }, 30_000)
})

test('changes to different threads do not wait for each other', async () => {
  const from = store()
  const combiner = combinerOf(from)
  const asked = ['a', 'b', 'c'].map((thread) => combiner.commit(target(thread), op('0')))
  // The same thread id on another site is another thread.
  asked.push(combiner.commit({ ...target('a'), site: 'shop' }, op('0')))
  await called(from, 4)
  for (const call of from.calls) call.resolve()
  await Promise.all(asked)
})

test('idle waits for what runs and for what waits', async () => {
  for (const isolated of [false, true]) {
    const from = store()
    const combiner = combinerOf(from, { isolated })
    const asked = [combiner.commit(target('t'), op('0'))]
    await called(from, 1)
    asked.push(combiner.commit(target('t'), op('1')))
    let idle = false
    const waiting = combiner.idle().then(() => (idle = true))
    from.calls[0]?.resolve()
    await called(from, 2)
    await asked[0]
    expect(idle).toBe(false)
    from.calls[1]?.resolve()
    await Promise.all(asked)
    await waiting
  }
})

test('on runtimes that isolate requests each change goes alone', async () => {
  const from = store()
  const combiner = combinerOf(from, { isolated: true })
  const asked = ['0', '1', '2'].map((id) => combiner.commit(target('t'), op(id)))
  expect(from.calls.map((call) => call.ids)).toEqual([['0'], ['1'], ['2']])
  for (const call of from.calls) call.resolve()
  await Promise.all(asked)
})
