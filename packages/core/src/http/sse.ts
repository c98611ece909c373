import type { Bytes } from '../ports/index.ts'
import type { LiveSink } from '../engine/live.ts'
import type { NodeResponse } from '../runtime/direct-stream.ts'

/** Bytes a reader may lag behind before it is dropped. It comes again and resumes, so a slow one costs nobody else. */
const maxLag = 64 * 1024

/**
 * A stream of events over the web's own streams.
 *
 * @param gone says that the reader has left, on runtimes where the stream itself is not told
 */
export function eventStream(
  open: (sink: LiveSink) => Promise<() => void>,
  gone: AbortSignal | null = null,
): ReadableStream<Bytes> {
  let leave = (): void => undefined
  let ended = false
  const stop = (): void => {
    ended = true
    leave()
  }
  gone?.addEventListener('abort', stop, { once: true })
  return new ReadableStream<Bytes>(
    {
      async start(controller) {
        const sink: LiveSink = {
          write(chunk) {
            if (ended) return false
            controller.enqueue(chunk)
            return (controller.desiredSize ?? 0) > 0
          },
          close() {
            if (ended) return
            ended = true
            controller.close()
          },
        }
        leave = await open(sink)
        // The reader may have gone while the stream was being opened.
        if (ended) leave()
      },
      cancel: stop,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxLag }),
  )
}

/** The same straight to a response of Node: all readers of a thread get one buffer, and nothing is copied. */
export async function writeEvents(
  response: NodeResponse,
  headers: { readonly [name: string]: string },
  open: (sink: LiveSink) => Promise<() => void>,
): Promise<void> {
  let leave = (): void => undefined
  let gone = false
  response.on('close', () => {
    gone = true
    leave()
  })
  response.writeHead(200, headers)
  const leaveNow = await open({
    write(chunk) {
      if (gone || response.destroyed) return false
      response.write(chunk)
      return response.writableLength < maxLag
    },
    close: () => response.end(),
  })
  leave = leaveNow
  if (gone) leave()
}
