import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Miniflare } from 'miniflare'
import { rolldown } from 'rolldown'
import { defaultServerConditions } from 'vite'

const folder = join(import.meta.dirname, '../../../examples/workers-d1')

/** What of the example's `wrangler.jsonc` a Worker is started by. */
interface Settings {
  readonly main: string
  readonly compatibility_date: string
  readonly compatibility_flags: readonly string[]
  readonly d1_databases: readonly { readonly binding: string }[]
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] }
  readonly migrations: readonly { readonly new_sqlite_classes: readonly string[] }[]
}

/** Bundles the example as `wrangler` would, and runs it in workerd by its own settings, with its data in `data`. */
export async function startExample(data: string): Promise<Miniflare> {
  const text = await readFile(join(folder, 'wrangler.jsonc'), 'utf8')
  const plain = text.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/,(?=\s*[}\]])/g, '')
  const settings = JSON.parse(plain) as Settings
  const bundle = await rolldown({
    input: join(folder, settings.main),
    platform: 'neutral',
    external: [/^cloudflare:/],
    resolve: {
      mainFields: ['module', 'main'],
      conditionNames: ['confab-source', 'workerd', ...defaultServerConditions, 'import', 'default'],
    },
    onLog(_level, log) {
      throw new Error(log.message)
    },
  })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  const sqlite = settings.migrations.flatMap((migration) => migration.new_sqlite_classes)
  return new Miniflare({
    modules: [{ type: 'ESModule', path: 'main.mjs', contents: output[0].code }],
    compatibilityDate: settings.compatibility_date,
    compatibilityFlags: [...settings.compatibility_flags],
    bindings: { SECRET: 'a secret of the tests, long enough to sign with' },
    d1Databases: settings.d1_databases.map(({ binding }) => binding),
    d1Persist: join(data, 'd1'),
    durableObjects: Object.fromEntries(
      settings.durable_objects.bindings.map(({ name, class_name: className }) => [
        name,
        { className, useSQLite: sqlite.includes(className) },
      ]),
    ),
    durableObjectsPersist: join(data, 'do'),
  })
}

/** How many requests listen to a thread. They are told something that means nothing, so they only look. */
export async function listenersOf(worker: Miniflare, site: string, thread: string): Promise<number> {
  // Miniflare's types want those of Cloudflare, which stand for all the browser's as well.
  const topics = (await worker.getDurableObjectNamespace('TOPICS')) as unknown as {
    idFromName(name: string): unknown
    get(id: unknown): { fetch(url: string, init: RequestInit): Promise<Response> }
  }
  const topic = topics.get(topics.idFromName(`c/1/${site}/t/${thread}/e`))
  const answer = await topic.fetch('https://topic.invalid/', { method: 'POST', body: 'x' })
  return Number(answer.headers.get('heard'))
}

/** Lets the clock of the Cron Triggers strike. */
export async function strike(worker: Miniflare): Promise<string> {
  const main = (await worker.getWorker()) as unknown as { scheduled(event: object): Promise<{ outcome: string }> }
  return (await main.scheduled({ cron: '*/10 * * * *' })).outcome
}
