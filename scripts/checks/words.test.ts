import { expect, test } from 'vitest'
import { registryHost, wordFaults } from './words.ts'

const source = 'packages/core/src/engine/ids.ts'
// Joined here, so that this file passes the rule it proves.
const home = ['', 'home', 'ada', 'confab'].join('/')

test.each([
  [source, '// TODO later'],
  [source, "throw new Error('Not implemented')"],
  ['docs/guide.md', `see ${home}`],
  ['package.json', `"file:${home}"`],
  ['pnpm-lock.yaml', "tarball: 'https://registry.example.org/x.tgz'"],
  ['README.md', 'from packages.example.org/x'],
])('%s must not have: %s', (path, text) => {
  expect(wordFaults([{ path, text: `first\n${text}\n` }], 'packages.example.org')).toHaveLength(1)
})

test.each([
  ['docs/guide.md', 'https://blog.example.org/home/ada and ./home/ada'],
  ['docs/guide.md', 'a TODO list'],
  [source, 'https://registry.example.org/'],
])('%s may have: %s', (path, text) => {
  expect(wordFaults([{ path, text }], null)).toEqual([])
})

test('the registry is the one that npm tells its scripts', () => {
  expect(registryHost({ npm_config_registry: 'http://packages.example.org:4873/' })).toBe('packages.example.org')
  expect(registryHost({})).toBeNull()
})
