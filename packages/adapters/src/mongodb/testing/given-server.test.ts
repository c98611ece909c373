import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { lookAtGiven } from './given-server.fixture.ts'
import { startStandIn } from './stand-in/stand-in.fixture.ts'
import type { StandIn } from './stand-in/stand-in.fixture.ts'

vi.setConfig({ testTimeout: 40_000 })

const preflight = fileURLToPath(new URL('./preflight.fixture.ts', import.meta.url))
/** The address of a member that is not the primary. */
function secondary(): string {
  return set.members.find((member) => member !== set.primary())?.address ?? ''
}

let set: StandIn
let alone: StandIn

beforeAll(async () => {
  set = await startStandIn({ members: 3 })
  alone = await startStandIn({ members: 0 })
})

afterAll(async () => {
  await set.stop()
  await alone.stop()
})

async function run(env: Record<string, string>): Promise<{ code: unknown; said: string }> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [preflight], { env: { PATH: '', ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    )
  })
}

test('a replica set is taken, whatever its URL says of it', async () => {
  expect(await lookAtGiven(set.url)).toMatchObject({ members: 3, version: expect.stringMatching(/^5\./) as unknown })
  expect(await lookAtGiven(set.url.replace(/\?.*/, ''))).toMatchObject({ members: 3 })
  expect(await run({ MONGODB_URL: set.url })).toEqual({ code: 0, said: '' })
})

test.each([
  ['nobody there', () => 'mongodb://ada:secret@127.0.0.1:1/?replicaSet=rs0', 'names no server that can be used'],
  ['not a URL', () => 'localhost', 'names no server that can be used'],
  ['a secondary', () => `mongodb://${secondary()}/?directConnection=true`, 'not the primary'],
  ['a server of its own', () => alone.url, 'not part of a replica set'],
])('%s: one sentence, and the run ends', async (_name, url, sentence) => {
  const { code, said } = await run({ MONGODB_URL: url() })
  expect(code).toBe(1)
  expect(said).toContain(sentence)
  expect(said.trim().split('\n')).toHaveLength(1)
  expect(said).not.toContain('secret')
})

test('a program that is not there: one sentence, and the run ends', async () => {
  const { code, said } = await run({ MONGOMS_SYSTEM_BINARY: '/nowhere/mongod' })
  expect(code).toBe(1)
  expect(said).toBe(
    'MONGOMS_SYSTEM_BINARY names no program that can be run (/nowhere/mongod): correct it or unset it\n',
  )
})
