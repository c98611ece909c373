import { Agent, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { startConfab } from '../server.fixture.ts'
import type { Running } from '../server.fixture.ts'

/** One `confab serve` that can go and come back on its port. */
export interface Member {
  readonly url: string
  readonly running: () => Running
  kill(): Promise<void>
  /** As a rollout does: the old one ends by itself, then the new one starts. Answers the exit code. */
  roll(): Promise<number | null>
  restart(): Promise<void>
}

export async function startMember(args: readonly string[]): Promise<Member> {
  let port = 0
  let running = await launch()

  async function launch(): Promise<Running> {
    const started = startConfab(['serve', '--port', String(port), ...args])
    const url = await new Promise<string>((done, fail) => {
      started.child.stdout?.on('data', () => {
        const ready = /^Confab is ready on (\S+)$/m.exec(started.output.stdout)?.[1]
        if (ready !== undefined) done(ready)
      })
      void started.finished.then(({ stderr }) => fail(new Error(`confab serve ended: ${stderr}`)))
    })
    port = Number(new URL(url).port)
    return started
  }

  return {
    url: `http://127.0.0.1:${port}`,
    running: () => running,
    async kill() {
      running.child.kill('SIGKILL')
      await running.finished
    },
    async roll() {
      running.child.kill('SIGTERM')
      const { code } = await running.finished
      running = await launch()
      return code
    },
    async restart() {
      running = await launch()
    },
  }
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends requests to the members in turn over connections that stay open, as a proxy does. */
export interface Balancer {
  /** Goes on to the next member only where the connection was refused: then nothing of the request was sent. */
  send(method: 'GET' | 'POST', path: string, options?: SendOptions): Promise<Answered>
  close(): void
}

interface SendOptions {
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

export function createBalancer(urls: readonly string[]): Balancer {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  let turn = 0
  let caller = 0

  function sendTo(url: string, method: string, path: string, { headers, body }: SendOptions): Promise<Answered> {
    return new Promise((resolve, reject) => {
      caller += 1
      const forwarded = `10.${(caller >> 16) & 255}.${(caller >> 8) & 255}.${caller & 255}`
      const sent = request(
        url + path,
        { method, agent, headers: { 'x-forwarded-for': forwarded, ...headers } },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (text += chunk))
          response.once('error', reject)
          response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        },
      )
      sent.once('error', reject)
      sent.setTimeout(20_000, () => sent.destroy(new Error('no answer within 20 s')))
      sent.end(body)
    })
  }

  return {
    async send(method, path, options = {}) {
      for (let tries = 0; ; tries += 1) {
        turn += 1
        try {
          return await sendTo(urls[turn % urls.length] ?? '', method, path, options)
        } catch (error) {
          const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
          if (!refused || tries >= urls.length) throw error
        }
      }
    },
    close: () => agent.destroy(),
  }
}
