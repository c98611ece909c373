import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import type { AedesOptions } from 'aedes'

/** A broker of this test on a port of the kernel's choice. */
export interface Broker {
  readonly url: string
  /** As a crash does: nothing is said. */
  kill(): Promise<void>
  /** Comes back on the same port and has forgotten everything. */
  restart(): Promise<void>
  /** Stands still: it is reachable and answers nothing. Not for a broker inside the process. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

const mosquittoPaths = ['mosquitto', '/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto']
const mosquitto = mosquittoPaths.find((path) => spawnSync(path, ['-h']).error === undefined) ?? null

export const mosquittoVersion =
  mosquitto === null
    ? null
    : (/version (\S+)/.exec(spawnSync(mosquitto, ['-h'], { encoding: 'utf8' }).stdout)?.[1] ?? '')

/** Says in one line what is missing; where services are required, that is a failure. */
export function missingMosquitto(): string | null {
  if (mosquitto !== null) return null
  const line = 'mosquitto is not on the PATH: only the broker inside the process was tested'
  if (process.env['CONFAB_REQUIRE_SERVICES']) throw new Error(line)
  console.warn(line)
  return line
}

/** `config` is added to a listener on the loopback address that lets everybody in, unless it says otherwise. */
export async function startMosquitto(
  config: (folder: string) => string = () => 'allow_anonymous true',
): Promise<Broker> {
  if (mosquitto === null) throw new Error('There is no mosquitto')
  const program = mosquitto
  const folder = mkdtempSync(join(tmpdir(), 'confab-mosquitto-'))
  const port = await freePort()
  const file = join(folder, 'mosquitto.conf')
  // A broker that runs as root gives its rights to a user who cannot read the folder of this test.
  const user = process.getuid?.() === 0 ? 'user root\n' : ''
  writeFileSync(file, `${user}listener ${port} 127.0.0.1\npersistence false\n${config(folder)}\n`)
  let child = await launch()

  async function launch(): Promise<ChildProcess> {
    const started = spawn(program, ['-c', file], { stdio: process.env['CONFAB_SHOW_BROKER'] ? 'inherit' : 'ignore' })
    const end = (): boolean => started.kill('SIGKILL')
    process.once('exit', end)
    started.once('exit', () => process.off('exit', end))
    await listens(port)
    return started
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  return {
    url: `mqtt://127.0.0.1:${port}`,
    kill,
    async restart() {
      await kill()
      child = await launch()
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A broker inside the process; it speaks MQTT 3.1.1 only. */
export async function startAedes(options: AedesOptions = {}): Promise<Broker> {
  const sockets = new Set<Socket>()
  let port = 0
  let server: Server
  let broker: Aedes

  async function launch(): Promise<void> {
    broker = await Aedes.createBroker(options)
    server = createServer((socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      broker.handle(socket)
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address ? address.port : 0
  }

  async function kill(): Promise<void> {
    const gone = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await gone
    await new Promise<void>((resolve) => broker.close(resolve))
  }

  await launch()
  const cannot = (): never => {
    throw new Error('A broker inside the process cannot stand still alone')
  }
  return { url: `mqtt://127.0.0.1:${port}`, kill, restart: launch, pause: cannot, resume: cannot, stop: kill }
}

async function listens(port: number): Promise<void> {
  const { connect } = await import('node:net')
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
