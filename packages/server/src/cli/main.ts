import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { errorCode } from '../errors.ts'
import { root } from './root.ts'
import { runCommandLine } from './run.ts'
import { runInWorker } from './small-heap.ts'

// `confab site list | head -1` is no failure.
process.stdout.on('error', (error) => {
  if (errorCode(error) === 'EPIPE') process.exit(0)
  throw error
})

// Whatever a command writes holds e-mail addresses or secrets: only its owner may read it.
if (isMainThread) process.umask(0o077)

const argv = process.argv.slice(2)
if (isMainThread && argv[0] === 'import') {
  process.exitCode = await runInWorker(new URL(import.meta.url), argv)
} else {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
  process.exitCode = await runCommandLine(root, argv, process.env, String(version))
}
