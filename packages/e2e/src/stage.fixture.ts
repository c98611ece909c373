import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '@confab/server'
import type { RunningServer } from '@confab/server'

/** A server with its data on a real disk. It can be stopped and started again on the same port. */
export interface Stage {
  readonly url: string
  readonly data: string
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it and removes the data. */
  close(): Promise<void>
}

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  error: (message: string, fields?: object) => console.error(message, fields),
}

export async function openStage(): Promise<Stage> {
  const data = await mkdtemp(join(tmpdir(), 'confab-e2e-'))
  const open = (port: number): Promise<RunningServer> =>
    startServer({ data, port, demo: true, logger: quiet, limits: { read: false, write: false, address: false } })
  let server: RunningServer | null = await open(0)
  const { url, port } = server
  return {
    url,
    data,
    async stop() {
      await server?.close()
      server = null
    },
    async start() {
      server ??= await open(port)
    },
    async close() {
      await server?.close()
      server = null
      await rm(data, { recursive: true, force: true })
    },
  }
}
