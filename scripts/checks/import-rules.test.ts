import { expect, test } from 'vitest'
import { importFaults } from './import-rules.ts'

const allowed: [path: string, text: string][] = [
  ['packages/core/src/ports/store.ts', "import type { Ms } from './basics.ts'"],
  ['packages/core/src/engine/reader.ts', "import type { Store } from '../ports/index.ts'"],
  ['packages/core/src/features/comments/schema.ts', "import { z } from 'zod'"],
  ['packages/core/src/features/search/index.ts', "import { x } from '../comments/schema.ts'"],
  ['packages/core/src/http/app.ts', "import { x } from '../features/comments/routes.ts'"],
  ['packages/core/src/runtime/node.ts', "import { getRequestListener } from '@hono/node-server'"],
  ['packages/core/src/testing/store.ts', "import { x } from '../memory/index.ts'"],
  ['packages/core/src/engine/reader.test.ts', "import { readFileSync } from 'node:fs'"],
  ['packages/core/src/engine/text.ts', "const text = \"import x from 'node:fs'\" // import y from 'node:fs'"],
  ['packages/adapters/src/sqlite/index.ts', "import type { Store } from '@confab/core/ports'"],
  ['packages/adapters/src/sqlite/store.ts', "import { DatabaseSync } from 'node:sqlite'"],
  ['packages/adapters/src/sqlite/store.ts', "import { plan } from '../commit/plan.ts'"],
  ['packages/widget/src/thread.tsx', "import { useState } from 'preact/hooks'"],
  ['packages/widget/src/client/index.ts', "import type { CommentView } from '@confab/core'"],
  ['packages/server/src/index.ts', "import { createConfab } from '@confab/core'"],
]

const forbidden: [path: string, text: string][] = [
  ['packages/core/src/ports/store.ts', "import type { x } from '../engine/ids.ts'"],
  ['packages/core/src/ports/store.ts', "import type { z } from 'zod'"],
  ['packages/core/src/engine/reader.ts', "import type { x } from '../features/comments/schema.ts'"],
  ['packages/core/src/engine/reader.ts', "export { x } from '../http/app.ts'"],
  ['packages/core/src/engine/reader.ts', "const x = await import('../memory/index.ts')"],
  ['packages/core/src/engine/reader.ts', "type X = import('../features/comments/schema.ts').X"],
  ['packages/core/src/engine/reader.ts', "import { Hono } from 'hono'"],
  ['packages/core/src/engine/reader.ts', "import { x } from '../runtime/node.ts'"],
  ['packages/core/src/engine/reader.ts', "import { x } from './reader.fixture.ts'"],
  ['packages/core/src/text/render.ts', "import { x } from '../engine/ids.ts'"],
  ['packages/core/src/features/comments/service.ts', "import { x } from '../search/index.ts'"],
  ['packages/core/src/features/comments/routes.ts', "import { Hono } from 'hono'"],
  ['packages/core/src/features/chat/service.ts', "import { x } from '../search/index.ts'"],
  ['packages/core/src/features/comments/service.ts', "import { x } from '../../http/app.ts'"],
  ['packages/core/src/http/app.ts', "import { x } from '../create.ts'"],
  ['packages/core/src/memory/store.ts', "import { x } from '../engine/ids.ts'"],
  ['packages/core/src/create.ts', "import { x } from './testing/index.ts'"],
  ['packages/core/src/misc/x.ts', "import { x } from '../ports/index.ts'"],
  ['packages/adapters/src/sqlite/store.ts', "import { x } from '@confab/core/ports'"],
  ['packages/adapters/src/sqlite/store.ts', "import type { x } from '@confab/core'"],
  ['packages/adapters/src/sqlite/store.ts', "import { x } from '../redis/index.ts'"],
  ['packages/adapters/src/commit/plan.ts', "import { x } from '../sqlite/sql.ts'"],
  ['packages/widget/src/thread.tsx', "import { x } from '@confab/core'"],
  ['packages/widget/src/thread.tsx', "export * from '@confab/core'"],
  ['packages/widget/src/thread.tsx', "import { z } from 'zod'"],
  ['packages/widget/src/client/index.ts', "import { x } from '../thread.tsx'"],
  ['packages/widget/src/client/index.ts', "import { signal } from 'preact'"],
  ['packages/server/src/index.ts', "import { x } from '../../core/src/index.ts'"],
  ['packages/server/src/index.ts', "import { storeSuite } from '@confab/core/testing'"],
]

test.each(allowed)('%s may have: %s', (path, text) => {
  expect(importFaults([{ path, text }])).toEqual([])
})

test.each(forbidden)('%s must not have: %s', (path, text) => {
  expect(importFaults([{ path, text }])).toHaveLength(1)
})
