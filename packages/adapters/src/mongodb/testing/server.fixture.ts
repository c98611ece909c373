import { lookup } from 'node:dns/promises'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { givenBinary, lookAtGiven } from './given-server.fixture.ts'
import { patiently, startMongod } from './mongod.fixture.ts'
import { stepDown } from './step-down.fixture.ts'
import { startStandIn } from './stand-in/stand-in.fixture.ts'
import type { Member } from './stand-in/replica-set.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

// Its own declarations need those of a package that it does not bring.
interface Downloader {
  readonly MongoBinary: { getPath(options: object): Promise<string> }
}

interface ServerOptions {
  /** How long the stand-in keeps a transaction that nobody goes on with. A real server keeps to its own setting. */
  readonly transactionLifeMs?: number
}

/**
 * The first of: the server in `MONGODB_URL`; `mongod` from `MONGOMS_SYSTEM_BINARY` or the PATH; a downloaded one, only
 * where `test:mongodb` was asked for; the stand-in. Says in one line which it was.
 */
export async function startServer(members: 1 | 3 = 1, options: ServerOptions = {}): Promise<TestServer> {
  const server = await startAny(members, options)
  console.log(
    server.real
      ? `MongoDB ${server.version}, ${server.members} member(s): ${process.env['MONGODB_URL'] ? 'from MONGODB_URL' : 'started for this test'}`
      : `no MongoDB: the stand-in at the wire ran, ${server.members} member(s)`,
  )
  return server
}

async function startAny(members: 1 | 3, options: ServerOptions): Promise<TestServer> {
  const given = process.env['MONGODB_URL']
  if (given) return await givenServer(given)
  const binary = givenBinary() ?? onPath('mongod') ?? (await downloaded())
  if (binary !== null) return await startMongod(binary, members)
  const standIn = await startStandIn({ members, electionMs: 100, ...options })
  const primary = async (): Promise<Member> =>
    await patiently(async () => standIn.primary() ?? Promise.reject(new Error('no primary')))
  return {
    url: standIn.url,
    real: false,
    members,
    version: 'stand-in',
    async killPrimary() {
      const member = await primary()
      standIn.kill(member)
      await new Promise((resolve) => setTimeout(resolve, 250))
      await standIn.restart(member)
    },
    stepDown: () => stepDown(standIn.url, members),
    async pausePrimary(ms) {
      const member = await primary()
      standIn.pause(member)
      await new Promise((resolve) => setTimeout(resolve, ms))
      standIn.resume(member)
    },
    standIn,
    stop: () => standIn.stop(),
  }
}

async function givenServer(url: string): Promise<TestServer> {
  const { version, members } = await lookAtGiven(url)
  return {
    url,
    real: true,
    members,
    version,
    killPrimary: null,
    stepDown: () => stepDown(url, members),
    pausePrimary: null,
    standIn: null,
    stop: async () => {},
  }
}

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const file = process.platform === 'win32' ? `${name}.exe` : name
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path)) ?? null
}

async function downloaded(): Promise<string | null> {
  // A hundred megabytes are not fetched by the way of any other test run.
  if (!(process.env['npm_lifecycle_event'] ?? '').startsWith('test:mongodb')) return null
  try {
    // Without a network the download itself tries for a long time.
    if (!process.env['MONGOMS_DOWNLOAD_MIRROR']) await lookup('fastdl.mongodb.org')
    const { MongoBinary }: Downloader = createRequire(import.meta.url)('mongodb-memory-server-core')
    return await MongoBinary.getPath({})
  } catch (error) {
    console.log(`no MongoDB by download: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
    return null
  }
}
