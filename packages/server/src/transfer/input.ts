import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * Runs `work` with a file that can be read twice. What comes through a pipe is put on the disk first, where only its
 * owner can read it, and taken away again.
 */
export async function withInput<T>(file: string, work: (file: string) => Promise<T>): Promise<T> {
  if (file !== '-') return work(file)
  const folder = mkdtempSync(join(tmpdir(), 'confab-import-'))
  try {
    const copy = join(folder, 'stdin.jsonl')
    await pipeline(process.stdin, createWriteStream(copy, { mode: 0o600 }))
    return await work(copy)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
