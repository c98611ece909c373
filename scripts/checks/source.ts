import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync, Visitor } from 'vite'
import type { ParseResult } from 'vite'

/** One thing that is wrong, as `file: message`. */
export type Fault = string

/** A source file of the workspace; `path` is relative to the root with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** What a file asks for by name: an import, a re-export, `import()` or a type `import()`. */
export interface Import {
  readonly from: string
  /** Erased by the compiler, so it can bring no code along. */
  readonly typeOnly: boolean
}

/** All TypeScript of the packages, tests included. */
export function readSources(root: string): SourceFile[] {
  return globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Tests and what only they use: rules on architecture do not bind them. */
export function isTest(path: string): boolean {
  return /\.(test|fixture)\.tsx?$/.test(path)
}

/** Parses with the compiler's own front end, so no text in a string or a comment is taken for code. */
export function parse(file: SourceFile): ParseResult {
  return parseSync(file.path, file.text)
}

/** Everything a file imports, in the order of its text. */
export function importsOf(file: SourceFile): Import[] {
  const { module, program } = parse(file)
  const found: Import[] = []
  for (const statement of module.staticImports) {
    const typeOnly = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType)
    found.push({ from: statement.moduleRequest.value, typeOnly })
  }
  for (const statement of module.staticExports) {
    const from = statement.entries.find((entry) => entry.moduleRequest)?.moduleRequest?.value
    if (from !== undefined) found.push({ from, typeOnly: statement.entries.every((entry) => entry.isType) })
  }
  new Visitor({
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') {
        found.push({ from: node.source.value, typeOnly: false })
      }
    },
    TSImportType(node) {
      found.push({ from: node.source.value, typeOnly: true })
    },
  }).visit(program)
  return found
}

/** The workspace path that a relative import of `file` names. */
export function resolveRelative(file: string, from: string): string {
  return posix.join(posix.dirname(file), from)
}

/** `hono` of `hono/cors`, `@hono/node-server` of `@hono/node-server/x`, `node:fs` of itself; `null` for a relative import. */
export function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.')) return null
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
