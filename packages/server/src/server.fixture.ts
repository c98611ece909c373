import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

const source = ['--conditions=confab-source', join(import.meta.dirname, 'bin.ts')]
const built = [join(import.meta.dirname, '../dist/bin.js')]

/** A new folder that goes away with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'confab-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The data shared by all suites, beside the repository; `null` where it is not there. */
export function sharedData(...path: string[]): string | null {
  const file = resolve(import.meta.dirname, '../../../../shared/data', ...path)
  return existsSync(file) ? file : null
}

export interface RunOptions {
  readonly env?: { readonly [name: string]: string }
  /** Options of Node itself. */
  readonly node?: readonly string[]
  /** Runs what the build made instead of the sources. */
  readonly built?: boolean
  /** What the command reads from a pipe. */
  readonly stdin?: string
}

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A running `confab`. */
export interface Running {
  readonly child: ChildProcess
  /** What it has said so far. */
  readonly output: { stdout: string; stderr: string }
  readonly finished: Promise<Finished>
}

/** Starts the real command from its sources. It is killed at the end of the test. */
export function startConfab(args: readonly string[], options: RunOptions = {}): Running {
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], ...options.env }
  const child = spawn(
    process.execPath,
    [...(options.node ?? []), ...(options.built === true ? built : source), ...args],
    {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  child.stdin.on('error', () => {}).end(options.stdin ?? '')
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const finished = new Promise<Finished>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => done({ code, signal, ...output }))
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return { child, output, finished }
}

/** Runs the real command to its end. */
export function runConfab(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return startConfab(args, options).finished
}

/** Starts `confab serve` on a free port and waits until it is ready. */
export async function startServe(
  data: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Running & { readonly url: string }> {
  const running = startConfab(['serve', '--port', '0', '--data', data, ...args], options)
  const { child, output } = running
  const url = await new Promise<string>((done, fail) => {
    const look = (): void => {
      const ready = /^Confab is ready on (\S+)$/m.exec(output.stdout)?.[1]
      if (ready !== undefined) done(ready)
    }
    child.stdout?.on('data', look)
    child.once('close', () => fail(new Error(`confab serve ended: ${output.stderr}`)))
  })
  return { ...running, url }
}

/** Posts a comment as a guest does, and answers its view. */
export async function postComment(
  url: string,
  place: { readonly site: string; readonly pageKey: string; readonly parent?: string },
  body: string,
): Promise<{ readonly id: string }> {
  const { site, pageKey, parent } = place
  const response = await fetch(`${url}/v1/threads/-/comments?${new URLSearchParams({ site, pageKey })}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ body, guest: { name: 'Guest' }, ...(parent === undefined ? {} : { parent }) }),
  })
  const answer: unknown = await response.json()
  if (response.status !== 201) throw new Error(`${response.status} ${JSON.stringify(answer)}`)
  return answer as { id: string }
}

/** The comments of a page as readers get them. */
export interface PageView {
  readonly thread: { readonly comments: number; readonly state: string; readonly title: string | null }
  readonly items: readonly CommentJson[]
}

interface CommentJson {
  readonly id: string
  readonly html: string
  readonly status: string
  readonly createdAt: number
  readonly author: { readonly id: string; readonly name: string } | null
  readonly replies: { readonly count: number; readonly items: readonly CommentJson[] }
}

/** One page of a thread, oldest first. */
export async function readPage(url: string, site: string, pageKey: string): Promise<PageView> {
  const query = new URLSearchParams({ site, pageKey, sort: 'oldest', limit: '50' })
  const response = await fetch(`${url}/v1/threads/-/comments?${query}`)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as PageView
}
