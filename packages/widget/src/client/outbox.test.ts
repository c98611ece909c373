import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ClientError } from './errors.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox, OutboxItem, OutboxStorage } from './outbox.ts'

const item = { key: 'a'.repeat(22), body: 'Hello', parent: null, guest: null }
let outbox: Outbox

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  outbox.close()
  vi.useRealTimers()
})

function memory(...items: OutboxItem[]): OutboxStorage & { readonly kept: Map<string, OutboxItem> } {
  const kept = new Map(items.map((each) => [each.key, each]))
  return {
    kept,
    all: () => [...kept.values()],
    put: (each) => void kept.set(each.key, each),
    remove: (key) => void kept.delete(key),
  }
}

function failing(...errors: (ClientError | null)[]): { send: () => Promise<void>; sent: number[] } {
  const sent: number[] = []
  const send = () => {
    sent.push(Date.now())
    const error = errors[sent.length - 1]
    return error ? Promise.reject(error) : Promise.resolve()
  }
  return { send, sent }
}

test('sends again after the pause that the server asked for', async () => {
  const { send, sent } = failing(new ClientError('rate_limited', 'Slow', { status: 429, retryAfterMs: 7000 }))
  outbox = createOutbox({ send, onChange: () => {} })
  const begin = Date.now()
  outbox.add(item)
  await vi.advanceTimersByTimeAsync(10)
  expect(outbox.items).toMatchObject([{ state: 'waiting', retryAt: begin + 7000 }])
  await vi.advanceTimersByTimeAsync(7000)
  expect(sent).toEqual([begin, begin + 7000])
  expect(outbox.items).toEqual([])
})

test('pauses longer each time nobody answers', async () => {
  const offline = new ClientError('offline', 'No')
  const { send, sent } = failing(...Array.from({ length: 20 }, () => offline))
  outbox = createOutbox({ send, onChange: () => {} })
  outbox.add(item)
  await vi.advanceTimersByTimeAsync(300_000)
  const pauses = sent.slice(1).map((at, i) => at - (sent[i] ?? 0))
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1000)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000)
  expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0)
})

test('leaves to its author what the server will never take, and what it may take much later', async () => {
  for (const error of [
    new ClientError('refused', 'No links', { status: 422 }),
    new ClientError('rate_limited', 'Tomorrow', { status: 429, retryAfterMs: 3_600_000 }),
  ]) {
    const { send, sent } = failing(error)
    outbox = createOutbox({ send, onChange: () => {} })
    outbox.add(item)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(outbox.items).toMatchObject([{ state: 'failed', error: { code: error.code } }])
    expect(sent).toHaveLength(1)
    outbox.retry(item.key)
    await vi.advanceTimersByTimeAsync(1)
    expect(outbox.items).toEqual([])
  }
})

test('keeps a text until it has arrived, and sends it after a reload with the same key', async () => {
  const storage = memory()
  outbox = createOutbox({ send: () => new Promise(() => {}), onChange: () => {}, storage })
  outbox.add(item)
  expect([...storage.kept.keys()]).toEqual([item.key])
  outbox.close()

  const keys: string[] = []
  outbox = createOutbox({ send: ({ key }) => (keys.push(key), Promise.resolve()), onChange: () => {}, storage })
  await vi.advanceTimersByTimeAsync(1)
  expect(keys).toEqual([item.key])
  expect(storage.kept.size).toBe(0)
})

test('does not send yesterday’s text by itself', async () => {
  const { send, sent } = failing()
  const old: OutboxItem = { ...item, at: Date.now() - 86_400_000, state: 'sending', error: null, retryAt: null }
  outbox = createOutbox({ send, onChange: () => {}, storage: memory(old) })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toEqual([])
  expect(outbox.items).toMatchObject([{ state: 'failed', error: null }])
})

test('forgets what its author takes back, while it waits', async () => {
  const storage = memory()
  const { send, sent } = failing(new ClientError('offline', 'No'))
  outbox = createOutbox({ send, onChange: () => {}, storage })
  outbox.add(item)
  await vi.advanceTimersByTimeAsync(10)
  outbox.drop(item.key)
  await vi.advanceTimersByTimeAsync(600_000)
  expect(sent).toHaveLength(1)
  expect(storage.kept.size).toBe(0)
})
