import { expect, test } from 'vitest'
import { missing } from './dependencies.ts'

const manifest = { dependencies: { hono: '4.0.0' }, peerDependencies: { '@confab/core': '^0.1.0' } }

function check(text: string): string[] {
  return missing([{ path: 'packages/widget/src/index.ts', text }], manifest)
}

test('what is not listed is found, also where only a type is imported', () => {
  expect(check("import { z } from 'zod'")).toHaveLength(1)
  expect(check("import type { Redis } from 'ioredis'")).toHaveLength(1)
  expect(check("export { x } from '@confab/server/x'")).toHaveLength(1)
})

test('dependencies, peers, Node and own files pass', () => {
  expect(check("import { Hono } from 'hono/tiny'\nimport type { A } from '@confab/core/ports'")).toEqual([])
  expect(check("import { x } from './x.ts'\nimport { y } from 'node:fs'")).toEqual([])
})
