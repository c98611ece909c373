// Builds the widget into packages/widget/dist: browser files, ES modules for npm, and the assets module that a server
// serves from memory: `node scripts/build-widget.ts [folder]`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import type { Plugin } from 'vite'

const packageRoot = join(import.meta.dirname, '..', 'packages', 'widget')
const source = join(packageRoot, 'src')
// What browsers must know is written down in docs/guide/widget.md; nothing is rewritten for older ones.
const target = 'es2022'

/** Text of the built files by name. */
interface BuiltFiles {
  readonly [name: string]: string
}

interface BundleOptions {
  readonly format: 'es' | 'iife'
  /** Names with a hash of the content: they may be cached for ever. */
  readonly hash?: boolean
  readonly define?: { readonly [name: string]: string }
  /** For bundlers: readable, and Preact stays an import. */
  readonly npm?: boolean
}

/**
 * Preact can write HTML for views that ask for it. Ours never do, and this takes the sink itself away, so that a search
 * through the files finds none.
 */
const withoutHtmlSink: Plugin = {
  name: 'without-html-sink',
  transform(code, id) {
    return id.endsWith('/preact/dist/preact.mjs') ? { code: code.replaceAll('.innerHTML', '.noHtml'), map: null } : null
  },
}

interface Bundle {
  readonly entry: string
  readonly files: BuiltFiles
}

async function bundle(name: string, entry: string, options: BundleOptions): Promise<Bundle> {
  const { format, hash = false, define = {}, npm = false } = options
  const result = await build({
    configFile: false,
    root: packageRoot,
    logLevel: 'warn',
    define,
    plugins: [withoutHtmlSink],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      // As a library: its chunks are loaded by plain `import()`, without Vite's preload helper.
      lib: { entry: { [name]: join(source, entry) }, formats: [format], name: 'confab' },
      target,
      cssTarget: 'esnext',
      write: false,
      copyPublicDir: false,
      minify: !npm,
      rolldownOptions: {
        // What the lazy parts share with the entry stays in it: a file of its own would be one more round trip before
        // the first paint.
        preserveEntrySignatures: npm ? 'strict' : 'allow-extension',
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
  const chunks = [result].flat().flatMap((part) => ('output' in part ? part.output : []))
  const files: { [name: string]: string } = {}
  let entryName: string | undefined
  for (const chunk of chunks) {
    if (chunk.type !== 'chunk') throw new Error(`${entry} brings ${chunk.fileName}, which nothing serves`)
    files[chunk.fileName] = chunk.code
    if (chunk.isEntry) entryName = chunk.fileName
  }
  if (entryName === undefined) throw new Error(`${entry} was not built`)
  return { entry: entryName, files }
}

/** The files that pages load, by the names under which a server must offer them. */
async function buildBrowserFiles(): Promise<BuiltFiles> {
  const thread = await bundle('thread', 'thread/browser.ts', { format: 'es', hash: true })
  const define = { __THREAD_FILE__: JSON.stringify(thread.entry) }
  const embed = await bundle('embed', 'embed/embed.ts', { format: 'iife', define })
  const count = await bundle('count', 'count/count.ts', { format: 'iife' })
  return { ...thread.files, ...embed.files, ...count.files }
}

async function buildModules(): Promise<BuiltFiles> {
  const index = await bundle('index', 'index.ts', { format: 'es', npm: true })
  const client = await bundle('client', 'client/index.ts', { format: 'es', npm: true })
  return { ...index.files, ...client.files }
}

/** A module with all browser files as text, so that servers without a file system serve them too. */
function assetsModule(files: BuiltFiles): string {
  const lines = Object.entries(files).map(([name, body]) => {
    const asset = { type: 'text/javascript; charset=utf-8', body, immutable: /-[0-9a-z]{8}\.js$/.test(name) }
    return `  ${JSON.stringify(name)}: ${JSON.stringify(asset)},\n`
  })
  return `export const assets = {\n${lines.join('')}}\n`
}

/** Writes what has changed and removes what is no longer built, so that a running server never finds a hole. */
function write(folder: string, files: BuiltFiles): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.js') && files[name] === undefined) rmSync(join(folder, name))
  }
}

const [files, modules] = await Promise.all([buildBrowserFiles(), buildModules()])
const out = process.argv[2] ?? join(packageRoot, 'dist')
write(join(out, 'browser'), files)
write(out, { ...modules, 'assets.js': assetsModule(files) })
for (const [name, text] of Object.entries(files)) {
  const bytes = gzipSync(text, { level: 9 }).length
  console.log(`${name.padEnd(30)}${String(bytes).padStart(7)} bytes gzip`)
}
