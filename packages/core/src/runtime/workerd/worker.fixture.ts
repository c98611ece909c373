import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import { rolldown } from 'rolldown'

/**
 * Bundles `entry`, which exports `handle`, as a user of Workers would, and runs it in workerd.
 *
 * @param flags such as `nodejs_compat`; core must need none
 */
export async function startWorker(entry: URL, flags: readonly string[] = []): Promise<Miniflare> {
  const bundle = await rolldown({
    input: fileURLToPath(entry),
    platform: 'neutral',
    // Packages without `exports` are not found on this platform unless it is told where they begin.
    resolve: { mainFields: ['module', 'main'], conditionNames: ['workerd', 'worker', 'import', 'default'] },
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
    compatibilityFlags: [...flags],
  })
}
