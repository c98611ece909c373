import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Fault } from './source.ts'

const run = promisify(execFile)

/** Runs a tool of the workspace; what it prints when it fails is the fault. */
export async function runTool(root: string, name: string, ...args: string[]): Promise<Fault[]> {
  const options = { cwd: root, shell: process.platform === 'win32', maxBuffer: 64 * 1024 * 1024 }
  try {
    await run(join(root, 'node_modules', '.bin', name), args, options)
    return []
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return [`${stdout}${stderr}`.trim() || `${name} could not be started`]
  }
}
