import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'

/** A real redis-server of this test, on a port of the kernel's choice, without anything on disk that outlives it. */
export interface RedisServer {
  readonly port: number
  readonly pid: () => number
  /** Stops it without a word, as a crash does. */
  kill(): Promise<void>
  /** Comes back empty on the same port. */
  restart(): Promise<void>
  /** Stands still until `resume`: it is reachable, and answers nothing. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export const redisVersion = versionOf('redis-server')

/** Says in one line what is missing; where services are required, that is a failure. */
export function missingRedis(): string | null {
  if (redisVersion !== null) return null
  const line = 'redis-server is not on the PATH: nothing of Redis was tested'
  if (process.env['CONFAB_REQUIRE_SERVICES']) throw new Error(line)
  console.warn(line)
  return line
}

function versionOf(program: string): string | null {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/v=(\S+)/.exec(stdout)?.[1] ?? 'unknown') : null
}

export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'confab-redis-'))
  const port = await freePort()
  let child = await launch()

  async function launch(): Promise<ChildProcess> {
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
    const started = launchServer([...own, ...args])
    await answers(port)
    return started
  }

  return {
    port,
    pid: () => child.pid ?? 0,
    kill: () => endServer(child),
    async restart() {
      await endServer(child)
      child = await launch()
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      await endServer(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It ends with this process, however that ends. */
function launchServer(args: readonly string[]): ChildProcess {
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}

async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

/** A client that comes back fast, so that tests need not wait; otherwise with the defaults of ioredis. */
export function connect(port: number, options: Omit<RedisOptions, 'replyMapping'> = {}): Redis {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 100, ...options })
  client.on('error', () => undefined)
  return client
}

export async function ready<Client extends { readonly status: string }>(client: Client): Promise<Client> {
  while (client.status !== 'ready') await new Promise((resolve) => setTimeout(resolve, 5))
  return client
}

async function answers(port: number, within = 10_000): Promise<void> {
  const client = connect(port, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  const timer = setTimeout(() => client.disconnect(), within)
  try {
    await client.ping()
  } finally {
    clearTimeout(timer)
    client.disconnect()
  }
}

/** Three masters with a replica each. */
export async function startCluster(nodeTimeoutMs: number): Promise<RedisServer[]> {
  const servers: RedisServer[] = []
  for (let node = 0; node < 6; node += 1) {
    const file = `nodes-${node}.conf`
    const args = ['--cluster-enabled', 'yes', '--cluster-config-file', file, '--cluster-port', String(await freePort())]
    servers.push(await startRedis([...args, '--cluster-node-timeout', String(nodeTimeoutMs)]))
  }
  const nodes = servers.map((server) => `127.0.0.1:${server.port}`)
  const create = ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes']
  execFileSync('redis-cli', create, { stdio: 'ignore', timeout: 30_000 })
  return servers
}

export interface WatchedRedis {
  readonly master: RedisServer
  readonly sentinelPort: number
  stop(): Promise<void>
}

/** A master with a replica, and a Sentinel that makes the replica the master when it is gone for half a second. */
export async function startWatched(name: string): Promise<WatchedRedis> {
  const master = await startRedis(['--repl-diskless-sync-delay', '0'])
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)])
  const folder = mkdtempSync(join(tmpdir(), 'confab-sentinel-'))
  const sentinelPort = await freePort()
  const config = [
    `port ${sentinelPort}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ]
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, config.join('\n'))
  const sentinel = launchServer([file, '--sentinel'])
  await answers(sentinelPort)
  return {
    master,
    sentinelPort,
    async stop() {
      await Promise.all([endServer(sentinel), master.stop(), replica.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
