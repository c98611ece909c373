import { get as httpGet } from 'node:http'
import type { Child } from './children.ts'
import { startChild } from './children.ts'
import type { Load, LoadResult } from './load-child.ts'
import type { Figure } from './report.ts'
import { alternate, ratios } from './rounds.ts'
import { site } from './seed.ts'
import type { ServerQuestion, ServerState } from './warm-page-child.ts'

const path = `/v1/threads/-/comments?site=${site}&pageKey=${encodeURIComponent('/warm')}`

type Server = Child<ServerQuestion, ServerState>

interface Sides {
  readonly ours: Server
  readonly bare: Server
  readonly load: Child<Load, LoadResult>
  readonly headers: { readonly [name: string]: string }
}

/** A page that is in memory, against a bare Hono handler that returns the same stored bytes with the same headers. */
export async function warmPage(quick: boolean): Promise<Figure[]> {
  const [ours, bare, load] = await Promise.all([
    startChild<ServerQuestion, ServerState>('./warm-page-child.ts', ['confab']),
    startChild<ServerQuestion, ServerState>('./warm-page-child.ts', ['bare']),
    startChild<Load, LoadResult>('./load-child.ts'),
  ])
  try {
    const origin = 'https://blog.example.org'
    const headers = { origin, 'accept-encoding': 'gzip, deflate, br' }
    return [
      ...(await compare('warm page, gzip', { ours, bare, load, headers }, quick)),
      ...(await compare('warm page, not compressed', { ours, bare, load, headers: { origin } }, quick)),
    ]
  } finally {
    await Promise.all([ours.stop(), bare.stop(), load.stop()])
  }
}

/** Hands the bare server the very answer that Confab gives. */
async function copyAnswer({ ours, bare, headers }: Sides): Promise<void> {
  const answer = await get(await urlOf(ours), headers)
  // What Node writes by itself for both.
  for (const name of ['connection', 'keep-alive', 'date', 'content-length', 'transfer-encoding']) {
    delete answer.headers[name]
  }
  await bare.ask({ headers: answer.headers, base64: answer.body.toString('base64') })
  const copy = await get(await urlOf(bare), headers)
  if (!copy.body.equals(answer.body)) throw new Error('The bare server answers other bytes than Confab')
}

/** Requests per second, and what one costs the server: the steadier figure where the processor is shared. */
async function compare(name: string, sides: Sides, quick: boolean): Promise<Figure[]> {
  await copyAnswer(sides)
  const seconds = quick ? 1 : 2
  const cpu: { readonly ours: number[]; readonly limit: number[] } = { ours: [], limit: [] }
  const measure = async (server: Server, cpuMicros: number[]): Promise<number> => {
    const url = await urlOf(server)
    const before = await server.ask({ state: true })
    const { requests, perSecond } = await sides.load.ask({ url, connections: 10, seconds, headers: sides.headers })
    const after = await server.ask({ state: true })
    cpuMicros.push((after.cpuMicros - before.cpuMicros) / requests)
    return perSecond
  }
  await measure(sides.ours, [])
  await measure(sides.bare, [])
  const [ours = [], limit = []] = await alternate(quick ? 3 : 5, [
    () => measure(sides.ours, cpu.ours),
    () => measure(sides.bare, cpu.limit),
  ])
  return [
    { name, unit: '/s', ours, limit, ratios: ratios(ours, limit), goal: { atLeast: 0.8, far: 0.4 } },
    { name: `${name}, CPU`, unit: 'us', ...cpu, ratios: ratios(cpu.ours, cpu.limit), goal: null },
  ]
}

async function urlOf(server: Server): Promise<string> {
  return `http://127.0.0.1:${(await server.ask({ state: true })).port}${path}`
}

/** The bytes as they come over the wire: `fetch` would unpack them. */
function get(url: string, headers: Sides['headers']): Promise<{ headers: Record<string, string>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        if (response.statusCode === 200) resolve({ headers: response.headers as Record<string, string>, body })
        else reject(new Error(`${url} answered ${response.statusCode}: ${body.toString()}`))
      })
    })
    request.on('error', reject)
  })
}
