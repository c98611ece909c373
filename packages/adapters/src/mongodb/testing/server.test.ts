import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startMongod } from './mongod.fixture.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
let program: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confab-program-'))
  program = join(folder, 'mongod')
  const script = fileURLToPath(new URL('./pretend-mongod.fixture.ts', import.meta.url))
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' --conditions=confab-source '${script}' "$@"\n`)
  await chmod(program, 0o755)
})

afterAll(() => rm(folder, { recursive: true }))

test('a program is started as a replica set, can be killed and paused, and is gone afterwards', async () => {
  const server = await startMongod(program, 1)
  const client = await MongoClient.connect(server.url, { serverSelectionTimeoutMS: 20_000 })
  const items = client.db('test').collection<{ _id: string }>('items')
  await items.insertOne({ _id: 'a' })
  expect(server).toMatchObject({ real: true, members: 1, version: expect.stringContaining('5.0') as unknown })
  await server.killPrimary?.()
  await items.insertOne({ _id: 'b' })
  await Promise.all([server.pausePrimary?.(200), items.insertOne({ _id: 'c' })])
  await server.stepDown?.()
  await items.insertOne({ _id: 'd' })
  await client.close()
  await server.stop()
  await expect(MongoClient.connect(server.url, { serverSelectionTimeoutMS: 200 })).rejects.toThrow('ECONNREFUSED')
})

test('a program that does not start says why', async () => {
  const broken = join(folder, 'broken')
  await writeFile(
    broken,
    '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --logpath ] && echo "no room on the disk" > "$2"; shift; done; exit 1\n',
  )
  await chmod(broken, 0o755)
  await expect(startMongod(broken, 1)).rejects.toThrow('no room on the disk')
  const wanting = join(folder, 'wanting')
  await writeFile(wanting, '#!/bin/sh\necho "libcrypto.so.1.1: cannot open" >&2; exit 127\n')
  await chmod(wanting, 0o755)
  await expect(startMongod(wanting, 1)).rejects.toThrow('libcrypto.so.1.1')
  await expect(startMongod(join(folder, 'absent'), 1)).rejects.toThrow('mongod did not start')
})

test('a program ends when the process that started it was killed', async () => {
  const script = fileURLToPath(new URL('./start-and-stay.fixture.ts', import.meta.url))
  const owner = spawn(process.execPath, ['--conditions=confab-source', script, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(owner.stdout, 'data')
  const url = String(line).trim()
  await (await MongoClient.connect(url)).close()
  owner.kill('SIGKILL')
  await vi.waitFor(
    () => expect(MongoClient.connect(url, { serverSelectionTimeoutMS: 200 })).rejects.toThrow('ECONNREFUSED'),
    { timeout: 20_000, interval: 200 },
  )
})

test('a program made for another processor ends by a signal, and nobody waits for it', async () => {
  const foreign = join(folder, 'foreign')
  await writeFile(foreign, '#!/bin/sh\nkill -ILL $$\n')
  await chmod(foreign, 0o755)
  await expect(startMongod(foreign, 1)).rejects.toThrow('SIGILL')
})
