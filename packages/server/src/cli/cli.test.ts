import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { runConfab, startServe, tempFolder } from '../server.fixture.ts'

describe('used wrongly', () => {
  it.each([
    ['nope', 'Unknown command "confab nope". Use one of: serve, site, import, export, backup, doctor.'],
    ['constructor', 'Unknown command "confab constructor". Use one of: serve, site, import, export, backup, doctor.'],
    ['site', '"confab site" needs one of: add, list, remove.'],
    ['site nope', 'Unknown command "confab site nope". Use one of: add, list, remove.'],
    ['import wordpress x', 'Unknown command "confab import wordpress". Use one of: disqus, jsonl, undo, list.'],
    ['--data x site list', 'Options go after the command: "confab serve --data".'],
    ['serve --porto 1', 'Unknown option --porto. Run "confab serve --help" for what it takes.'],
    ['serve -p 1', 'Unknown option -p. Run "confab serve --help" for what it takes.'],
    ['serve --no-demo', 'Unknown option --no-demo. Run "confab serve --help" for what it takes.'],
    ['serve --port', '--port needs a value. Run "confab serve --help" for what it takes.'],
    ['serve --host --port 1', '--host needs a value. Run "confab serve --help" for what it takes.'],
    ['serve --port 1 --port 2', '--port is given twice. Give it once.'],
    ['serve --port eighty', '--port must be a port number from 0 to 65535, not "eighty".'],
    ['serve --port 65536', '--port must be a port number from 0 to 65535, not "65536".'],
    ['serve --host a/b', '--host must be a host name or an IP address, not "a/b".'],
    [
      'serve --url example.org',
      '--url must be a web address, such as https://comments.example.org, not "example.org".',
    ],
    [
      'serve --trust-proxy 10.0.0.0/99',
      '--trust-proxy must be loopback, or addresses and ranges such as 10.0.0.0/8, not "10.0.0.0/99".',
    ],
    ['serve --demo=maybe', '--demo is either on or off: use 1 or 0, not "maybe".'],
    [
      'serve --store mysql://x',
      '--store must be the address of a store, such as mongodb://localhost:27017/confab?replicaSet=rs0, not "mysql://x".',
    ],
    [
      'serve --cache memcached://x',
      '--cache must be redis://HOST, rediss://HOST, redis+sentinel://HOST,HOST/NAME or redis+cluster://HOST,HOST, not "memcached://x".',
    ],
    [
      'serve --bus kafka://x',
      '--bus must be mqtt://HOST, mqtts://HOST, ws://HOST, wss://HOST or an address as for --cache, not "kafka://x".',
    ],
    ['serve --role web,cook', '--role must be some of web, live and jobs, with commas between, not "web,cook".'],
    ['serve --role web', '--role needs a store that servers share: name it with --store.'],
    ['serve extra', '"extra" is one argument too many. Run "confab serve --help" for what it takes.'],
    ['site add', 'ID is missing. Run "confab site add --help" for what it takes.'],
    ['site add blog', '--origin is needed. Run "confab site add --help" for what it takes.'],
    ['site add Blog --origin https://a.example', 'ID must be a site id: 1 to 64 of a-z, 0-9, - and _.'],
    [
      'site add blog --origin https://a.example/path',
      '--origin must be the origin of your pages, such as https://blog.example.org, not "https://a.example/path".',
    ],
    ['import disqus', 'FILE is missing. Run "confab import disqus --help" for what it takes.'],
    ['import disqus x --site A', '--site must be a site id: 1 to 64 of a-z, 0-9, - and _, not "A".'],
  ])('confab %s', async (line, sentence) => {
    const { code, stdout, stderr } = await runConfab(line.split(' '))
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `${sentence}\n` })
  })

  it('names the variable when the environment is wrong', async () => {
    expect(await runConfab(['serve'], { env: { PORT: '70000' } })).toMatchObject({
      code: 2,
      stderr: 'PORT must be a port number from 0 to 65535, not "70000".\n',
    })
    expect(await runConfab(['site', 'list'], { env: { CONFAB_JSON: 'maybe' } })).toMatchObject({
      code: 2,
      stderr: 'CONFAB_JSON is either on or off: use 1 or 0, not "maybe".\n',
    })
  })

  it('shows nothing of a terminal that the arguments hide', async () => {
    const { stderr } = await runConfab(['\u001b[2Jx\nforged'])
    expect(stderr).toBe('Unknown command "confab x forged". Use one of: serve, site, import, export, backup, doctor.\n')
  })
})

describe('help and version', () => {
  it('are plain text in a pipe', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string
    }
    expect(await runConfab(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    for (const args of [[], ['--help'], ['serve', '--help'], ['site', '-h'], ['import', 'disqus', 'x', '--help']]) {
      const { code, stdout, stderr } = await runConfab(args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('USAGE confab')
      expect(stdout).not.toContain('\u001b')
    }
  })
})

describe('sites', () => {
  it('are added, changed, listed and removed', async () => {
    const data = join(tempFolder(), 'data')
    const run = (...args: string[]) => runConfab([...args, '--data', data])
    expect(
      await run('site', 'add', 'blog', '--origin', 'https://a.example', '--origin=https://B.example:443/'),
    ).toMatchObject({
      code: 0,
      stdout: 'Added the site blog for https://a.example, https://b.example\n',
      stderr: '',
    })
    expect(await run('site', 'add', 'blog', '--origin', 'http://localhost:8080')).toMatchObject({
      code: 0,
      stdout:
        'Changed the site blog for http://localhost:8080\nBefore, it was for https://a.example, https://b.example\n',
    })
    expect(await run('site', 'list')).toMatchObject({ code: 0, stdout: 'blog\thttp://localhost:8080\n', stderr: '' })
    const json = await run('site', 'list', '--json')
    expect(JSON.parse(json.stdout)).toEqual({ items: [{ id: 'blog', origins: ['http://localhost:8080'] }] })
    expect(await run('site', 'remove', 'blog')).toMatchObject({ code: 0 })
    expect(await run('site', 'remove', 'blog')).toMatchObject({
      code: 1,
      stderr: 'There is no site "blog": see "confab site list".\n',
    })
    expect(await run('site', 'list')).toMatchObject({ code: 0, stdout: '' })
  })

  it('may come from the environment, and an option wins', async () => {
    const folder = tempFolder()
    const env = { CONFAB_DATA: join(folder, 'a'), CONFAB_ORIGIN: 'https://env.example', CONFAB_JSON: '1' }
    expect(await runConfab(['site', 'add', 'blog'], { env })).toMatchObject({ code: 0 })
    const args = ['site', 'list', '--json=0', '--data', join(folder, 'a')]
    const { stdout } = await runConfab(args, { env: { ...env, CONFAB_DATA: join(folder, 'b') } })
    expect(stdout).toBe('blog\thttps://env.example\n')
    expect(existsSync(join(folder, 'b'))).toBe(false)
  })
})

describe('the data folder', () => {
  it('is not made by a command that only looks', async () => {
    const data = join(tempFolder(), 'typo')
    for (const args of [
      ['site', 'list'],
      ['import', 'list'],
      ['import', 'undo', 'x'],
      ['import', 'disqus', 'x'],
      ['backup', 'x'],
      ['export'],
    ]) {
      const { code, stderr } = await runConfab([...args, '--data', data])
      expect(code).toBe(1)
      expect(stderr).toBe(
        `There is no Confab data in ${data}. Name the folder with --data, or start one with "confab serve".\n`,
      )
    }
    expect(await runConfab(['import', 'jsonl', 'none.jsonl', '--data', data])).toMatchObject({
      code: 1,
      stderr: 'There is no file none.jsonl.\n',
    })
    expect(existsSync(data)).toBe(false)
  })

  it('can be read by its owner only', async () => {
    const data = join(tempFolder(), 'data')
    await startServe(data)
    expect(statSync(data).mode & 0o077).toBe(0)
    for (const name of readdirSync(data)) expect([name, statSync(join(data, name)).mode & 0o077]).toEqual([name, 0])
    expect(readFileSync(join(data, 'secret'), 'utf8')).toMatch(/^[\w-]{43}\n$/)
  })

  it.each([
    [
      'a file in its place',
      (data: string) => writeFileSync(data, ''),
      /is not a folder: name another one with --data\.\n$/,
    ],
    [
      'a damaged database',
      (data: string) => {
        mkdirSync(data)
        writeFileSync(
          join(data, 'confab.db'),
          'this is no database, it only looks a little like a file of one '.repeat(100),
        )
      },
      /is damaged: keep it, and put your last backup in its place\.\n$/,
    ],
    [
      'a database of a newer version',
      (data: string) => {
        mkdirSync(data)
        const db = new DatabaseSync(join(data, 'confab.db'))
        db.exec('CREATE TABLE t (a); PRAGMA user_version = 999; PRAGMA application_id = 0x436f6e66')
        db.close()
      },
      /was written by a newer version of Confab: update this one\.\n$/,
    ],
    [
      'a database of another program',
      (data: string) => {
        mkdirSync(data)
        const db = new DatabaseSync(join(data, 'confab.db'))
        db.exec('CREATE TABLE t (a)')
        db.close()
      },
      /belongs to another program: name another folder with --data\.\n$/,
    ],
    [
      'a secret that is none',
      (data: string) => {
        mkdirSync(data)
        writeFileSync(join(data, 'secret'), '')
      },
      /does not hold a secret: restore the file, or delete it to get a new one\.\n$/,
    ],
  ])('%s is one sentence and exit code 1', async (_, prepare, sentence) => {
    const data = join(tempFolder(), 'data')
    prepare(data)
    const { code, stdout, stderr } = await runConfab(['serve', '--port', '0', '--data', data])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([expect.any(String), ''])
    expect(stderr).toMatch(sentence)
  })

  it('that cannot be written is one sentence', async () => {
    // A folder of the kernel refuses even the superuser, whom the rights of a folder would not stop.
    const readOnly = process.getuid?.() === 0 ? '/sys/confab' : join(tempFolder(), 'locked', 'data')
    if (!readOnly.startsWith('/sys')) {
      mkdirSync(join(readOnly, '..'))
      chmodSync(join(readOnly, '..'), 0o500)
    }
    const { code, stderr } = await runConfab(['serve', '--port', '0', '--data', readOnly])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^The data folder [^\n]+ cannot be (?:used|written)[^\n]+--data\.\n$/)
  })

  it('belongs to one server, until it ends in whatever way', async () => {
    const data = join(tempFolder(), 'data')
    const first = await startServe(data)
    const second = await runConfab(['serve', '--port', '0', '--data', data])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(
      /^Another "confab serve" uses the data folder [^\n]+: stop it, or name another folder with --data\.\n$/,
    )
    first.child.kill('SIGKILL')
    await first.finished
    const third = await startServe(data)
    expect((await fetch(`${third.url}/v1/ready`)).status).toBe(200)
  })
})

it('a shared store that is away is one sentence, which shows no password', async () => {
  const store = 'mongodb://me:hunter2@127.0.0.1:1/talk'
  for (const args of [['serve', '--port', '0'], ['site', 'list'], ['export']]) {
    expect(await runConfab([...args, '--store', store])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^(?:\{[^\n]*\}\n)*The store mongodb:\/\/127\.0\.0\.1:1\/talk cannot be reached: is it running\?\n$/,
      ) as string,
    })
  }
})

it('a port in use is one sentence', async () => {
  const blocker = createServer()
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done))
  const { port } = blocker.address() as AddressInfo
  const data = join(tempFolder(), 'data')
  const result = await runConfab(['serve', '--port', String(port), '--data', data])
  expect(result).toMatchObject({ code: 1, stdout: '' })
  expect(result.stderr).toContain(
    `Port ${port} is in use: stop the other program, or choose another port with --port.\n`,
  )
  const host = await runConfab(['serve', '--port', '0', '--host', '203.0.113.1', '--data', data])
  expect(host.stderr).toContain('"203.0.113.1" is not an address of this machine: choose another one with --host.\n')
  await new Promise((done) => blocker.close(done))
})

describe('backup', () => {
  it('copies a database that is in use, and does not write over a file', async () => {
    const folder = tempFolder()
    const data = join(folder, 'data')
    await startServe(data, ['--demo'])
    const file = join(folder, 'copy.db')
    expect(await runConfab(['backup', file, '--data', data])).toMatchObject({
      code: 0,
      stdout: `Backed up to ${file}\n`,
    })
    const restored = join(folder, 'restored')
    mkdirSync(restored)
    writeFileSync(join(restored, 'confab.db'), readFileSync(file))
    expect(await runConfab(['site', 'list', '--data', restored])).toMatchObject({
      stdout: expect.stringMatching(/^demo\t/) as string,
    })
    expect(await runConfab(['backup', file, '--data', data])).toMatchObject({
      code: 1,
      stderr: `${file} exists already: choose another name.\n`,
    })
    expect(await runConfab(['backup', join(folder, 'no', 'copy.db'), '--data', data])).toMatchObject({
      code: 1,
      stdout: '',
    })
  })
})

describe('doctor', () => {
  it('finds a good folder good, and changes nothing in it', async () => {
    const data = join(tempFolder(), 'data')
    await runConfab(['site', 'add', 'blog', '--origin', 'https://a.example', '--data', data])
    const { stdout } = await runConfab(['doctor', '--json', '--data', data])
    const { findings } = JSON.parse(stdout) as { findings: { check: string; result: string }[] }
    // Only the widget may be missing, where it has not been built.
    expect(findings.filter(({ check, result }) => result !== 'ok' && check !== 'widget')).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(['folder', 'database', 'sites', 'secret', 'disk', 'widget'])
    expect(existsSync(join(data, 'secret'))).toBe(false)
  })

  it('finds damage in a page of the database', async () => {
    const data = join(tempFolder(), 'data')
    await runConfab(['site', 'add', 'blog', '--origin', 'https://a.example', '--data', data])
    const file = join(data, 'confab.db')
    const bytes = readFileSync(file)
    bytes.fill(0x55, 4096 * 2, 4096 * 4)
    writeFileSync(file, bytes)
    const { code, stdout } = await runConfab(['doctor', '--data', data])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^failed {3}database {2}[^\n]*damaged/m)
  })
})
