import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'

/** Programs that a test starts, so that none outlives it. */
export interface Processes {
  /** Starts a Node program and answers the first address of this machine it prints. */
  start(
    args: readonly string[],
    options: { readonly cwd: string; readonly env?: { readonly [name: string]: string } },
  ): Promise<string>
  /** Asks all to stop and waits until they have. Answers their exit codes. */
  stopAll(): Promise<(number | null)[]>
}

export function createProcesses(): Processes {
  const running: ChildProcess[] = []
  return {
    start(args, { cwd, env }) {
      const child = spawn(process.execPath, args, {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.push(child)
      return new Promise((resolve, reject) => {
        let output = ''
        const read = (chunk: Buffer): void => {
          output += chunk.toString()
          const url = /https?:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(output)?.[0]
          if (url !== undefined) resolve(url)
        }
        child.stdout.on('data', read)
        child.stderr.on('data', read)
        child.once('exit', () => reject(new Error(`It ended before it was ready: ${output}`)))
      })
    },
    stopAll: () => Promise.all(running.splice(0).map(stop)),
  }
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  return ended
}
