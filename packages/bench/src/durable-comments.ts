import { join } from 'node:path'
import type { Child } from './children.ts'
import { startChild } from './children.ts'
import type { PostLoad, PostResult } from './post-child.ts'
import type { Figure } from './report.ts'
import { alternate, ratios } from './rounds.ts'
import { withTempFolder } from './temp-folder.ts'
import type { WriterAnswer, WriterQuestion } from './writer-child.ts'

type Writer = Child<WriterQuestion, WriterAnswer>

/** What one side needed for one comment, and how many it wrote. */
interface Measured {
  readonly perSecond: number
  readonly cpuMicros: number
}

/**
 * Comments that are on the disk before the answer, against the bare transaction that stores the same rows: in process
 * through `confab.api`, and over HTTP, where the bare side is a Hono handler that parses the body and does the same.
 */
export async function durableComments(quick: boolean): Promise<Figure[]> {
  return withTempFolder(async (folder) => {
    const [ours, bare, posts] = await Promise.all([
      startChild<WriterQuestion, WriterAnswer>('./writer-child.ts', ['confab', join(folder, 'confab.db')]),
      startChild<WriterQuestion, WriterAnswer>('./writer-child.ts', ['bare', join(folder, 'bare.db')]),
      startChild<PostLoad, PostResult>('./post-child.ts'),
    ])
    let serial = 0
    /** Serials that no other run has: a key used twice would write nothing. */
    const take = (amount: number): number => (serial += amount) - amount
    const inProcess = async (writer: Writer, clients: number, amount: number): Promise<Measured> => {
      const { seconds, cpuMicros } = await writer.ask({ clients, amount, from: take(amount) })
      return { perSecond: amount / seconds, cpuMicros: cpuMicros / amount }
    }
    const overHttp = async (writer: Writer, clients: number, amount: number): Promise<Measured> => {
      const before = await writer.ask({ usage: true })
      const { perSecond } = await posts.ask({ port: before.port, clients, amount, from: take(amount) })
      const after = await writer.ask({ usage: true })
      return { perSecond, cpuMicros: (after.cpuMicros - before.cpuMicros) / amount }
    }
    try {
      const figures: Figure[] = []
      for (const [way, measure] of Object.entries({ 'in process': inProcess, 'over HTTP': overHttp })) {
        for (const clients of [1, 64]) {
          const amount = (clients === 1 ? 500 : 3_000) / (quick ? 4 : 1)
          const name = `durable comment ${way}, ${clients} at once`
          figures.push(...(await compare(name, [ours, bare], (writer) => measure(writer, clients, amount), quick)))
        }
      }
      return figures
    } finally {
      await Promise.all([ours.stop(), bare.stop(), posts.stop()])
    }
  })
}

async function compare(
  name: string,
  writers: readonly Writer[],
  measure: (writer: Writer) => Promise<Measured>,
  quick: boolean,
): Promise<Figure[]> {
  const sides = writers.map((): Measured[] => [])
  const runs = writers.map((writer, side) => async () => {
    const measured = await measure(writer)
    sides[side]?.push(measured)
    return measured.cpuMicros
  })
  await alternate(quick ? 3 : 1, runs)
  for (const side of sides) side.length = 0
  await alternate(quick ? 3 : 5, runs)
  const [ours = [], limit = []] = sides
  const figure = (what: keyof Measured): Pick<Figure, 'ours' | 'limit' | 'ratios'> => {
    const [a, b] = [ours.map((one) => one[what]), limit.map((one) => one[what])]
    return { ours: a, limit: b, ratios: ratios(a, b) }
  }
  return [
    { name, unit: '/s', ...figure('perSecond'), goal: null },
    { name: `${name}, CPU`, unit: 'us', ...figure('cpuMicros'), goal: { atMost: 1.5, far: 6 } },
  ]
}
