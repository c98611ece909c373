import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** The built command, as it is published. */
export const confabBin = join(import.meta.dirname, '../../server/dist/bin.js')

/** Runs `confab` to its end and answers what it printed. */
export function confab(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [confabBin, ...args], (error, stdout, stderr) => {
      if (error) reject(new Error(`confab ${args.join(' ')}: ${stderr || error.message}`))
      else resolve(stdout)
    })
  })
}
