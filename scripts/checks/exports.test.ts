import { expect, test } from 'vitest'
import { missingFiles, unreachable, wrongPaths } from './exports.ts'

const redis = { 'confab-source': './src/redis/index.ts', types: './dist/redis/index.d.ts' }

test('a target that is not there is named', () => {
  const files = new Set(['./src/redis/index.ts'])
  expect(missingFiles({ './redis': redis }, files)).toEqual(['./redis names ./dist/redis/index.d.ts, which is missing'])
  expect(missingFiles({ './redis': redis }, files.add('./dist/redis/index.d.ts'))).toEqual([])
  expect(missingFiles({ './x.js': './dist/x.js' }, files)).toHaveLength(1)
})

test('a subpath is the path of its source', () => {
  expect(wrongPaths({ './redis': redis, '.': { 'confab-source': './src/index.ts' }, './x.js': './dist/x.js' })).toEqual(
    [],
  )
  expect(wrongPaths({ './node': { 'confab-source': './src/runtime/node.ts' } })).toEqual([])
  expect(wrongPaths({ './cache': redis })).toHaveLength(1)
})

test('an adapter that no subpath exports is named', () => {
  const files = ['./src/redis/index.ts', './src/redis/cache.ts', './src/mqtt/index.ts', './src/mqtt/inner/index.ts']
  expect(unreachable({ './redis': redis }, files)).toEqual(['./src/mqtt/index.ts is exported by no subpath'])
})
