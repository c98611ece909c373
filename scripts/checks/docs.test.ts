import { expect, test } from 'vitest'
import { undocumented } from './docs.ts'

function check(files: { [path: string]: string }): string[] {
  const map = new Map(Object.entries(files).map(([path, text]) => [path, { path, text }]))
  return undocumented('packages/core/src/index.ts', map)
}

test('a public value needs TSDoc with an example, also one that is re-exported', () => {
  const faults = check({
    'packages/core/src/index.ts': "export const a = 1\nexport { b, c, e } from './b.ts'\n",
    'packages/core/src/b.ts':
      '/* no */\nexport function b() {}\n/**\n * Yes.\n *\n * @example\n * c()\n */\nexport function c() {}\nexport const d = 1\n/** Shows nothing. */\nexport const e = 1\n',
  })
  expect(faults).toEqual([
    'packages/core/src/index.ts: a has no TSDoc with an @example',
    'packages/core/src/b.ts: b is public and has no TSDoc with an @example',
    'packages/core/src/b.ts: e is public and has no TSDoc with an @example',
  ])
})

test('types may go without, lists are written by hand', () => {
  expect(check({ 'packages/core/src/index.ts': "export type { A } from './b.ts'\nexport type B = 1\n" })).toEqual([])
  expect(check({ 'packages/core/src/index.ts': "export * from './b.ts'\n" })).toHaveLength(1)
})
