import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { stepDown } from './step-down.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

const setName = 'confab'
/** Ends a server whose test process was killed, which nothing in that process could do any more. */
const killer = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js')

interface Process {
  readonly port: number
  readonly folder: string
  /** Absent before its first start. */
  child?: ChildProcess
  /** Why the program could not be run at all. */
  failure?: Error
  /** What it said before it had a log: a library that is missing, a flag it does not know. */
  said: string
}

/** Starts a replica set of real servers, each a process with a folder of its own that `stop` removes. */
export async function startMongod(binary: string, members: 1 | 3): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'confab-mongodb-'))
  const processes: Process[] = []
  // All at once, so that no two get the same.
  const ports = await Promise.all(Array.from({ length: members }, freePort))
  for (const [i, port] of ports.entries()) {
    const home = join(folder, String(i))
    await mkdir(home)
    processes.push({ port, folder: home, said: '' })
  }
  const killAll = (): void => {
    for (const { child } of processes) child?.kill('SIGKILL')
  }
  process.once('exit', killAll)

  const start = (member: Process): void => {
    const data = ['--dbpath', member.folder, '--logpath', join(member.folder, 'log')]
    const small = ['--oplogSize', '64', '--wiredTigerCacheSizeGB', '0.25']
    const where = ['--port', String(member.port), '--bind_ip', '127.0.0.1', '--replSet', setName]
    member.child = spawn(binary, [...where, ...data, ...small], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [member.child.stdout, member.child.stderr])
      stream?.on('data', (chunk: Buffer) => (member.said = `${member.said}${String(chunk)}`.slice(-2000)))
    member.child.once('error', (error) => (member.failure = error))
    if (member.child.pid === undefined) return
    const pids = [process.pid, member.child.pid].map(String)
    spawn(process.execPath, [killer, ...pids], { stdio: 'ignore', detached: true }).unref()
  }
  const stopOne = async (member: Process): Promise<void> => {
    const { child } = member
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill('SIGKILL')
    await ended
  }
  const hosts = processes.map(({ port }) => `127.0.0.1:${port}`)
  const url = `mongodb://${hosts.join(',')}/?replicaSet=${setName}`

  const stop = async (): Promise<void> => {
    process.off('exit', killAll)
    for (const member of processes) await stopOne(member)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    for (const member of processes) start(member)
    for (const member of processes) await untilUp(member)
    await initiate(hosts)
    const version = await untilPrimary(url, members)
    const primary = async (): Promise<Process> => {
      const client = await MongoClient.connect(url)
      const { me } = await client.db('admin').command({ hello: 1 })
      await client.close()
      const member = processes.find(({ port }) => `127.0.0.1:${port}` === me)
      if (member === undefined) throw new Error(`no member at ${String(me)}`)
      return member
    }
    return {
      url,
      real: true,
      members,
      version,
      async killPrimary() {
        const member = await primary()
        await stopOne(member)
        await new Promise((resolve) => setTimeout(resolve, 1000))
        start(member)
      },
      stepDown: () => stepDown(url, members),
      async pausePrimary(ms) {
        const { child } = await primary()
        child?.kill('SIGSTOP')
        await new Promise((resolve) => setTimeout(resolve, ms))
        child?.kill('SIGCONT')
      },
      standIn: null,
      stop,
    }
  } catch (error) {
    const log = await readFile(join(folder, '0', 'log'), 'utf8').catch(() => '')
    const said = processes.map((member) => member.said).join('')
    await stop()
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`mongod did not start (${binary}): ${why}\n${said}${log.split('\n').slice(-5).join('\n')}`, {
      cause: error,
    })
  }
}

/** The process is gone: there is nothing to wait for. */
class Ended extends Error {}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilUp(member: Process): Promise<void> {
  const { port, child } = member
  await patiently(async () => {
    if (member.failure) throw new Ended('it could not be run', { cause: member.failure })
    // A program made for another processor ends by a signal and has no code.
    if (child?.exitCode !== null || child.signalCode !== null)
      throw new Ended(`it ended with ${child?.signalCode ?? `code ${child?.exitCode}`}`)
    const client = await MongoClient.connect(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 500,
    })
    await client.close()
  })
}

async function initiate(hosts: readonly string[]): Promise<void> {
  const client = await MongoClient.connect(`mongodb://${hosts[0]}/?directConnection=true`)
  const members = hosts.map((host, _id) => ({ _id, host }))
  await client.db('admin').command({
    replSetInitiate: {
      _id: setName,
      members,
      settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 },
    },
  })
  await client.close()
}

/** And until every member has its copy of the data: one that is still being filled is no help when another dies. */
async function untilPrimary(url: string, members: number): Promise<string> {
  return await patiently(async () => {
    const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 1000 })
    try {
      await client
        .db('confab_ready')
        .collection('ready')
        .insertOne({}, { writeConcern: { w: members, wtimeoutMS: 10_000 } })
      await client.db('confab_ready').dropDatabase()
      return String((await client.db('admin').command({ buildInfo: 1 }))['version'])
    } finally {
      await client.close()
    }
  })
}

/** A server takes a while to open its files and to hold its first election. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline || error instanceof Ended) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
