import { expect, test, vi } from 'vitest'
import type { LiveSink } from '../engine/live.ts'
import { eventStream } from './sse.ts'

const bytes = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(size)

async function opened(leave = vi.fn()) {
  let sink: LiveSink | undefined
  const stream = eventStream(async (given) => {
    sink = given
    return leave
  })
  await vi.waitFor(() => expect(sink).toBeDefined())
  if (!sink) throw new Error('Not open')
  return { stream, sink, leave }
}

test('carries what is written, and ends when it is closed', async () => {
  const { stream, sink } = await opened()
  expect(sink.write(bytes(10))).toBe(true)
  expect(sink.write(bytes(20))).toBe(true)
  sink.close()
  sink.close()
  expect(sink.write(bytes(1))).toBe(false)
  const sizes: number[] = []
  for await (const chunk of stream) sizes.push(chunk.length)
  expect(sizes).toEqual([10, 20])
})

test('says when its reader lags 64 KB behind, and takes more once they have read', async () => {
  const { stream, sink } = await opened()
  const reader = stream.getReader()
  let written = 0
  do written += 1024
  while (sink.write(bytes(1024)))
  expect(written).toBe(64 * 1024)
  for (let read = 0; read < written; read += 1024) await reader.read()
  expect(sink.write(bytes(1024))).toBe(true)
})

test('one frame that is larger than that still arrives whole', async () => {
  const { stream, sink } = await opened()
  expect(sink.write(bytes(1_000_000))).toBe(false)
  sink.close()
  expect((await new Response(stream).bytes()).length).toBe(1_000_000)
})

test('leaves when its reader goes, once', async () => {
  const { stream, sink, leave } = await opened()
  await stream.cancel()
  expect(leave).toHaveBeenCalledOnce()
  expect(sink.write(bytes(1))).toBe(false)
  sink.close()
})

test('leaves also when its reader went while it was being opened', async () => {
  const leave = vi.fn()
  let open = (): void => undefined
  const stream = eventStream(
    () =>
      new Promise((resolve) => {
        open = () => resolve(leave)
      }),
  )
  await stream.cancel()
  open()
  await vi.waitFor(() => expect(leave).toHaveBeenCalledOnce())
})
