import { accessSync, constants } from 'node:fs'
import { MongoClient } from 'mongodb'

/** What a server from outside says of itself. */
export interface GivenServer {
  readonly version: string
  readonly members: number
}

const oldest = 5

/** @throws Error whose message says in one sentence what to do about `MONGODB_URL`; it never holds the password */
export async function lookAtGiven(url: string): Promise<GivenServer> {
  const { version, hello } = await ask(url)
  if (typeof hello['setName'] !== 'string' && hello['msg'] !== 'isdbgrid') {
    throw new Error(
      'MONGODB_URL names a server that is not part of a replica set: start it with `--replSet` and call `rs.initiate()` once, one member is enough',
    )
  }
  if (hello['isWritablePrimary'] !== true) {
    throw new Error(
      'MONGODB_URL names a member that is not the primary: name the set with `replicaSet=` instead of `directConnection=true`',
    )
  }
  if (Number.parseInt(version, 10) < oldest) {
    throw new Error(`MONGODB_URL names a server of version ${version}: use ${oldest}.0 or later`)
  }
  return { version, members: Array.isArray(hello['hosts']) ? hello['hosts'].length : 1 }
}

async function ask(url: string): Promise<{ version: string; hello: Record<string, unknown> }> {
  let client: MongoClient | undefined
  try {
    client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 })
    const admin = client.db('admin')
    const { version } = await admin.command({ buildInfo: 1 })
    return { version: String(version), hello: { ...(await admin.command({ hello: 1 })) } }
  } catch (error) {
    if (isWaitingForInitiate(error)) {
      throw new Error(
        'MONGODB_URL names a member of a replica set that does not exist yet: call `rs.initiate()` once',
        {
          cause: error,
        },
      )
    }
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new Error(`MONGODB_URL names no server that can be used (${why}): start it, correct the URL or unset it`, {
      cause: error,
    })
  } finally {
    await client?.close()
  }
}

function isWaitingForInitiate(error: unknown): boolean {
  if (!(error instanceof Error) || !('reason' in error)) return false
  const { reason } = error
  if (typeof reason !== 'object' || reason === null || !('servers' in reason)) return false
  if (!(reason.servers instanceof Map)) return false
  return [...reason.servers.values()].some((server: { readonly type?: unknown }) => server.type === 'RSGhost')
}

/**
 * The program that `MONGOMS_SYSTEM_BINARY` names; `null` when it names none.
 *
 * @throws Error whose message says in one sentence what is wrong with it
 */
export function givenBinary(): string | null {
  const path = process.env['MONGOMS_SYSTEM_BINARY']
  if (!path) return null
  try {
    accessSync(path, constants.X_OK)
  } catch (cause) {
    throw new Error(`MONGOMS_SYSTEM_BINARY names no program that can be run (${path}): correct it or unset it`, {
      cause,
    })
  }
  return path
}
