#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { errorCode } from './errors.ts'
import { runCommandLine } from './cli/run.ts'
import { root } from './cli/root.ts'

// `confab site list | head -1` is no failure.
process.stdout.on('error', (error) => {
  if (errorCode(error) === 'EPIPE') process.exit(0)
  throw error
})

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''

process.exitCode = await runCommandLine(root, process.argv.slice(2), process.env, String(version))
