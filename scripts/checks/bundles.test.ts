import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { build } from 'vite'
import { faultsOf } from './bundles.ts'

const files = {
  'embed.js': 'load()',
  'count.js': 'count()',
  'thread-abcdefgh.js': 'render({ __k: null }, `:host{color:red}`)',
  'de-abcdefgh.js': 'export const de = {}',
}

/** Text that does not compress below so much. Hexadecimal, so that no forbidden name comes about by chance. */
function noise(kilobytes: number): string {
  return randomBytes(kilobytes * 1024).toString('hex')
}

test('small files without forbidden libraries pass', () => {
  expect(faultsOf(files)).toEqual([])
})

test.each([
  ['embed.js', 2.1, 'loader'],
  ['count.js', 0.9, 'count script'],
  ['thread-abcdefgh.js', 15.1, 'thread, scripts'],
  ['de-abcdefgh.js', 6.1, 'lazy de.js'],
])('%s of %d KB is too large', (file, kilobytes, name) => {
  const grown = { ...files, [file]: `${files[file as keyof typeof files]}//${noise(kilobytes)}` }
  expect(faultsOf(grown)).toEqual([expect.stringMatching(new RegExp(`^${name}: \\d+ bytes`))])
})

test('styles and the sum have limits of their own', () => {
  const styles = { ...files, 'thread-abcdefgh.js': `render({ __k: null }, \`:host{}${noise(5.1)}\`)` }
  expect(faultsOf(styles)).toEqual([expect.stringMatching(/^thread, styles: /)])
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, part) => [`part${part}-abcdefgh.js`, noise(5.5)]))
  expect(faultsOf({ ...files, ...many })).toEqual([expect.stringMatching(/^all together: /)])
})

test('a build without its files is an error, not a pass', () => {
  expect(() => faultsOf({ 'embed.js': '', 'count.js': '' })).toThrow('thread-*.js')
})

test.each([
  ['zod', "import { z } from 'zod'\nconsole.log(z.object({ a: z.string() }).parse({}))"],
  ['the hono server', "import { Hono } from 'hono'\nconsole.log(new Hono().fetch)"],
])('%s is found in a minified bundle', async (library, entry) => {
  const id = new URL('../../packages/core/src/bundle-under-test.js', import.meta.url).pathname
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (source) => (source === 'virtual:entry' ? id : null),
        load: (source) => (source === id ? entry : null),
      },
    ],
    build: { write: false, rolldownOptions: { input: 'virtual:entry' } },
  })
  const code = Array.isArray(result) || !('output' in result) ? '' : result.output[0].code
  const faults = faultsOf({ ...files, 'thread-abcdefgh.js': `${code}\n({ __k: 1 })` })
  expect(faults).toContain(`thread, scripts: holds ${library}`)
})

test('preact in the loader, mqtt and Node modules anywhere are found', () => {
  expect(faultsOf({ ...files, 'embed.js': 'x.__k = 1' })).toEqual(['loader: holds preact'])
  expect(faultsOf({ ...files, 'count.js': 'x.__k = 1' })).toEqual(['count script: holds preact'])
  expect(faultsOf({ ...files, 'de-abcdefgh.js': 'connect("mqtt://x")' })).toEqual(['lazy de.js: holds mqtt'])
  expect(faultsOf({ ...files, 'de-abcdefgh.js': 'import("node:fs")' })).toEqual(['lazy de.js: holds node:'])
})
