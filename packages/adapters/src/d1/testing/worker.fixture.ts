import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import type { MiniflareOptions } from 'miniflare'
import { rolldown } from 'rolldown'

/**
 * Bundles `entry`, which exports `handle`, as its author would, and runs it in workerd without any flag of Node, with a D1
 * database `DB`.
 */
export async function startWorker(entry: URL, options: Partial<MiniflareOptions> = {}): Promise<Miniflare> {
  const bundle = await rolldown({
    input: fileURLToPath(entry),
    platform: 'neutral',
    resolve: {
      // Packages without `exports` are not found on this platform unless it is told where they begin.
      mainFields: ['module', 'main'],
      conditionNames: ['confab-source', 'workerd', 'worker', 'import', 'default'],
    },
    onLog(_level, log) {
      throw new Error(log.message)
    },
  })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  return new Miniflare({
    modules: [
      {
        type: 'ESModule',
        path: 'index.mjs',
        contents: "import { handle } from './app.mjs'\nexport default { fetch: handle }",
      },
      { type: 'ESModule', path: 'app.mjs', contents: output[0].code },
    ],
    compatibilityDate: '2026-07-01',
    d1Databases: ['DB'],
    ...options,
  } as MiniflareOptions)
}
