// Builds the widget into packages/widget/dist: browser files, ES modules for npm, and the assets module that a server
// serves from memory. `node scripts/build-widget.ts [folder]`, after tsc.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const packageRoot = join(import.meta.dirname, '..', 'packages', 'widget')
const source = join(packageRoot, 'src')
// What the style sheet and the scripts may rely on is written down in docs/guide/widget.md; nothing is rewritten for older browsers.
const target = 'es2022'

/** What one file costs a reader. */
export interface BuiltFile {
  readonly name: string
  /** After gzip, bytes. For the thread's module, its style sheet left out. */
  readonly bytes: number
}

interface BundleOptions {
  readonly format: 'es' | 'iife'
  readonly out: string
  /** Names with a hash of the content: they may be cached for ever. */
  readonly hash?: boolean
  readonly define?: { readonly [name: string]: string }
  /** For bundlers: readable, and Preact stays an import. */
  readonly npm?: boolean
}

/** Builds one entry and gives the name of its file. */
async function bundle(name: string, entry: string, options: BundleOptions): Promise<string> {
  const { format, out, hash = false, define = {}, npm = false } = options
  const result = await build({
    configFile: false,
    root: packageRoot,
    logLevel: 'warn',
    define,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      // As a library: its chunks are loaded by plain `import()`, without Vite's preload helper.
      lib: { entry: { [name]: join(source, entry) }, formats: [format], name: 'confab' },
      target,
      cssTarget: 'esnext',
      outDir: out,
      emptyOutDir: false,
      copyPublicDir: false,
      reportCompressedSize: false,
      minify: !npm,
      rolldownOptions: {
        // What the lazy parts share stays in the entry: a file of its own would be one more round trip before the first paint.
        preserveEntrySignatures: 'allow-extension',
        external: npm ? [/^preact(?:$|\/)/] : [],
        output: {
          entryFileNames: hash ? '[name]-[hash].js' : '[name].js',
          chunkFileNames: '[name]-[hash].js',
          hashCharacters: 'base36',
          // A library in ES format keeps its white space otherwise.
          minify: npm ? false : { compress: true, mangle: true, codegen: { removeWhitespace: true } },
        },
      },
    },
  })
  const outputs = [result].flat()
  for (const output of outputs) {
    if (!('output' in output)) continue
    for (const file of output.output) if (file.type === 'chunk' && file.isEntry) return file.fileName
  }
  throw new Error(`${entry} was not built`)
}

/**
 * Builds everything and tells what each browser file costs.
 *
 * @param out folder to write to; only the files of this build are replaced
 */
export async function buildWidget(out: string): Promise<BuiltFile[]> {
  const browser = join(out, 'browser')
  rmSync(browser, { recursive: true, force: true })
  mkdirSync(browser, { recursive: true })

  const thread = await bundle('thread', 'thread/browser.ts', { format: 'es', out: browser, hash: true })
  const define = { __THREAD_FILE__: JSON.stringify(thread) }
  await bundle('embed', 'embed/embed.ts', { format: 'iife', out: browser, define })
  await bundle('count', 'count/count.ts', { format: 'iife', out: browser })

  for (const name of readdirSync(out)) if (name.endsWith('.js')) rmSync(join(out, name))
  await bundle('index', 'index.ts', { format: 'es', out, npm: true })
  await bundle('client', 'client/index.ts', { format: 'es', out, npm: true })

  writeAssets(out, browser)
  return readdirSync(browser).map((name) => ({ name, bytes: gzipBytes(readFileSync(join(browser, name), 'utf8')) }))
}

/** A module with all browser files as text: servers without a file system serve them too. */
function writeAssets(out: string, browser: string): void {
  const lines = readdirSync(browser).map((name) => {
    const body = readFileSync(join(browser, name), 'utf8')
    const asset = { type: 'text/javascript; charset=utf-8', body, immutable: /-[0-9a-z]{8,}\.js$/.test(name) }
    return `  ${JSON.stringify(name)}: ${JSON.stringify(asset)},\n`
  })
  writeFileSync(join(out, 'assets.js'), `export const assets = {\n${lines.join('')}}\n`)
}

export function gzipBytes(text: string): number {
  return gzipSync(text, { level: 9 }).length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = await buildWidget(process.argv[2] ?? join(packageRoot, 'dist'))
  for (const { name, bytes } of files) console.log(`${name.padEnd(32)}${String(bytes).padStart(7)} bytes gzip`)
}
