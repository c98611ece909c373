import { serve } from '@hono/node-server'
import { bareWriter } from './bare-writer.ts'
import { answer } from './children.ts'
import { confabWriter } from './confab-writer.ts'

/** Write in process with so many at once; or tell the port and what the processor has done so far. */
export type WriterQuestion =
  | { readonly clients: number; readonly amount: number; readonly from: number }
  | { readonly usage: true }

export interface WriterAnswer {
  readonly port: number
  readonly seconds: number
  readonly cpuMicros: number
}

const [, , kind, file = ''] = process.argv
const writer = await (kind === 'confab' ? confabWriter(file) : bareWriter(file))

async function writeAll(clients: number, amount: number, from: number): Promise<number> {
  const start = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (next < amount) await writer.write(client, from + next++)
    }),
  )
  return (performance.now() - start) / 1000
}

const server = serve({ fetch: writer.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  answer<WriterQuestion, WriterAnswer>(
    async (question) => {
      const before = process.cpuUsage()
      if ('usage' in question) return { port, seconds: 0, cpuMicros: before.user + before.system }
      const seconds = await writeAll(question.clients, question.amount, question.from)
      const { user, system } = process.cpuUsage(before)
      return { port, seconds, cpuMicros: user + system }
    },
    async () => {
      server.close()
      await writer.close()
    },
  )
})
