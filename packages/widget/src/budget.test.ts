import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// What a reader's page may load, bytes after gzip.
const limits = { 'embed.js': 2000, 'count.js': 800, js: 15_000, css: 5000, lazy: 6000, all: 40_000 }
// A name tells more than a number: what should not be there shows by what it calls.
const forbidden = {
  zod: /\bzod\b|ZodError/i,
  mqtt: /mqtt/i,
  hono: /\bhono\b/i,
  'a Node module': /["'`]node:/,
  'a way to write HTML':
    /\binnerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|document\.write\b/,
  'a parser': /DOMParser|parseFromString|parseHTMLUnsafe/,
  'code from text': /\beval\b|new Function\b/,
}

const script = join(import.meta.dirname, '../../../scripts/build-widget.ts')
const folder = mkdtempSync(join(tmpdir(), 'confab-widget-'))
const files: { [name: string]: string } = {}
let thread = ''

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [script, folder])
  for (const name of readdirSync(join(folder, 'browser'))) {
    files[name] = readFileSync(join(folder, 'browser', name), 'utf8')
    if (/^thread-[0-9a-z]{8}\.js$/.test(name)) thread = name
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

function bytes(text: string | undefined): number {
  return gzipSync(text ?? expect.fail('a file was not built'), { level: 9 }).length
}

/** The style sheet inside the thread module, and the module without it: they have limits of their own. */
function splitStyles(code: string): { css: string; js: string } {
  const start = code.indexOf(':host{')
  const end = code.indexOf(code.charAt(start - 1), start)
  return { css: code.slice(start, end), js: code.slice(0, start) + code.slice(end) }
}

describe('the files that a page loads', () => {
  test('are within their limits', () => {
    expect(bytes(files['embed.js'])).toBeLessThanOrEqual(limits['embed.js'])
    expect(bytes(files['count.js'])).toBeLessThanOrEqual(limits['count.js'])
    const { css, js } = splitStyles(files[thread] ?? '')
    expect(bytes(js)).toBeLessThanOrEqual(limits.js)
    expect(bytes(css)).toBeLessThanOrEqual(limits.css)
    expect(bytes(css)).toBeGreaterThan(1000)
    const lazy = Object.keys(files).filter((name) => !['embed.js', 'count.js', thread].includes(name))
    expect(lazy.length).toBeGreaterThan(1)
    for (const name of lazy) expect([name, bytes(files[name]) <= limits.lazy]).toEqual([name, true])
    expect(Object.keys(files).reduce((sum, name) => sum + bytes(files[name]), 0)).toBeLessThanOrEqual(limits.all)
  })

  test('hold nothing that has no place in a page', () => {
    for (const [name, code] of Object.entries(files)) {
      for (const [what, pattern] of Object.entries(forbidden))
        expect([name, what, pattern.test(code)]).toEqual([name, what, false])
    }
    expect(files['embed.js']).not.toMatch(/preact|__k\b/)
    expect(files['count.js']).not.toMatch(/preact|__k\b/)
  })

  test('load each other by names that change with their content', () => {
    expect(files['embed.js']).toContain(thread)
    const imported = Object.values(files).flatMap((code) =>
      [...code.matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)].map(([, name]) => name),
    )
    expect(imported.length).toBeGreaterThan(2)
    for (const name of imported) {
      expect(files[name ?? '']).toBeDefined()
      expect(name).toMatch(/-[0-9a-z]{8}\.js$/)
    }
    // The first paint waits for one file: whatever else there is comes by `import()`.
    expect(files[thread]).not.toMatch(/(?:^|;)import[^(]/)
  })
})
