import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { noBrowser, openBrowser, openTab } from './browser.fixture.ts'
import { confabBin } from './command.fixture.ts'
import type { Host } from './host.fixture.ts'
import { articlePage, startHost } from './host.fixture.ts'
import { createProcesses } from './process.fixture.ts'
import { threadOn } from './thread.fixture.ts'

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')

/** The block of code behind a marker in the README: what is tested is what a reader copies. */
function example(name: string): string {
  const block = new RegExp(`<!-- example: ${name} -->\\s+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1]
  if (block === undefined) throw new Error(`The README has no example "${name}"`)
  return block
}

const processes = createProcesses()

/** Runs `confab ARGS` as the README writes it, with what a test needs added. */
async function command(line: string, more: readonly string[], cwd: string): Promise<void> {
  const args = [confabBin, ...line.trim().split(/\s+/).slice(1), ...more]
  const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect(code, line).toBe(0)
}

describe.skipIf(noBrowser !== null)('the README', () => {
  let browser: Browser
  let folder: string
  let blog: Host

  beforeAll(async () => {
    // Below this package, so that the examples find the packages as they would in a project of their own.
    ;[browser, blog, folder] = await Promise.all([
      openBrowser(),
      startHost(),
      mkdtemp(join(import.meta.dirname, '../.readme-')),
    ])
  })
  afterEach(processes.stopAll)
  afterAll(async () => {
    await Promise.all([browser.close(), blog.close(), rm(folder, { recursive: true, force: true })])
  })

  test('the commands and the script tag put a conversation on a page', async () => {
    const [add = '', serve = ''] = example('command').trim().split('\n')
    const data = ['--data', join(folder, 'data')]
    await command(add.replace('https://blog.example.org', blog.origin), data, folder)
    const url = await processes.start([confabBin, ...serve.replace('3000', '0').split(' ').slice(1), ...data], {
      cwd: folder,
    })
    blog.pages.set('/', { html: articlePage(example('script-tag').replace('https://comments.example.org', url)) })
    const { page, problems } = await openTab(await browser.newContext())
    await page.goto(blog.origin)
    await threadOn(page).write('Pasted', 'Ada')
    await threadOn(page).body('Pasted').waitFor()
    expect(problems).toEqual([])

    const client = example('client').replace('https://comments.example.org', url).replace('/hello', '/')
    await writeFile(join(folder, 'client.ts'), client)
    const child = spawn(process.execPath, ['client.ts'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    await new Promise((resolve) => child.once('close', resolve))
    expect(printed).toBe('1 comments\n')

    await writeFile(join(folder, 'mount.js'), example('mount').replace('https://comments.example.org', url))
    await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: { lib: { entry: 'mount.js', formats: ['es'], fileName: 'mount' }, outDir: 'bundle' },
    })
    blog.pages.set('/mounted', { html: articlePage('<script type="module" src="/mount.js"></script>') })
    for (const [name, html] of await filesIn(join(folder, 'bundle')))
      blog.pages.set(`/${name}`, { html, headers: { 'content-type': 'text/javascript' } })
    await page.goto(`${blog.origin}/mounted`)
    await threadOn(page).root.getByText('Be the first to write.').waitFor()
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('the router answers in a server of one’s own, with its users', async () => {
    await writeFile(join(folder, 'server.ts'), example('router').replace('port: 3000', 'port: 0'))
    const url = await processes.start(['server.ts'], { cwd: folder })
    const context = await browser.newContext({ extraHTTPHeaders: { 'x-user': 'Grace' } })
    const { page, problems } = await openTab(context)
    await page.goto(url)
    await threadOn(page).write('From inside')
    await threadOn(page).comment('From inside').getByText('Grace').first().waitFor()
    expect(problems).toEqual([])
    await context.close()
  })
})

/** The files of a folder by name. */
async function filesIn(outDir: string): Promise<[name: string, text: string][]> {
  const names = await readdir(outDir)
  return Promise.all(names.map(async (name) => [name, await readFile(join(outDir, name), 'utf8')]))
}
