import { Worker } from 'node:worker_threads'
import { errorCode } from '../errors.ts'

/**
 * Runs this program again in a thread whose heap is small, and answers its exit code.
 *
 * An import turns over gigabytes of short-lived text. By itself V8 lets the heap grow to hundreds of megabytes before
 * it collects; the limits of a thread are the supported way to make it collect early. They also bound what a hostile
 * file can take.
 */
export async function runInWorker(program: URL, argv: readonly string[]): Promise<number> {
  const worker = new Worker(program, {
    argv: [...argv],
    stdin: argv.includes('-'),
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 40 },
    // A thread cannot ask the terminal itself.
    env: { ...process.env, [columnsVariable]: String(terminalWidth()) },
  })
  if (worker.stdin) process.stdin.pipe(worker.stdin)
  return new Promise((resolve, reject) => {
    worker.once('exit', resolve)
    worker.once('error', (error) => {
      if (errorCode(error) !== 'ERR_WORKER_OUT_OF_MEMORY') {
        reject(error)
        return
      }
      process.stderr.write('The import was stopped, because it needs more memory than an import may take.\n')
      resolve(1)
    })
  })
}

const columnsVariable = 'CONFAB_INTERNAL_COLUMNS'

/** The width of the terminal that stderr goes to; 0 when it goes somewhere else. */
export function terminalWidth(): number {
  // A terminal that does not know its width says 0.
  if (process.stderr.isTTY) return process.stderr.columns || 80
  return Number(process.env[columnsVariable] ?? 0)
}
