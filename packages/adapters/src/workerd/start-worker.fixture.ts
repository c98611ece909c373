import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import type { MiniflareOptions } from 'miniflare'
import { rolldown } from 'rolldown'

/**
 * Bundles `entry`, which exports `handle`, as its author would, and runs it in workerd, without any flag of Node.
 *
 * @param bindings the databases and Durable Objects of the Worker; classes of the latter are exported by `entry`
 */
export async function startWorker(
  entry: URL,
  bindings: {
    readonly d1Databases?: string[]
    readonly durableObjects?: { [binding: string]: string }
    readonly flags?: string[]
  },
): Promise<Miniflare> {
  const { durableObjects = {}, d1Databases = [], flags = [] } = bindings
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
  const exported = ['handle', ...Object.values(durableObjects)]
  const main = [
    `import { ${exported.join(', ')} } from './app.mjs'`,
    `export { ${exported.slice(1).join(', ')} }`,
    'export default { fetch: handle }',
  ]
  const options: MiniflareOptions = {
    modules: [
      { type: 'ESModule', path: 'index.mjs', contents: main.join('\n') },
      { type: 'ESModule', path: 'app.mjs', contents: output[0].code },
    ],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: flags,
    d1Databases,
    durableObjects,
  }
  return new Miniflare(options)
}
