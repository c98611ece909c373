import type { Exports } from './exports.ts'
import { publicPackages, readExports } from './exports.ts'
import type { Fault, SourceFile } from './source.ts'
import { parse, resolveRelative } from './source.ts'

/** Functions, classes and constants that users import and that no TSDoc with an example explains; also lists not written by hand. */
export function docFaults(root: string, files: readonly SourceFile[]): Fault[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  return publicPackages.flatMap((name) =>
    sourceEntries(name, readExports(root, name)).flatMap((entry) => undocumented(entry, byPath)),
  )
}

function sourceEntries(packageName: string, subpaths: Exports): string[] {
  return Object.values(subpaths).flatMap((entry) => {
    const source = typeof entry === 'string' ? undefined : entry['confab-source']
    return source === undefined ? [] : [`packages/${packageName}/${source.slice(2)}`]
  })
}

/** Faults of one public entry, its re-exports followed to where they are declared. */
export function undocumented(entry: string, files: ReadonlyMap<string, SourceFile>): Fault[] {
  const file = files.get(entry)
  if (!file) return []
  const faults = bareNames(file).map((name) => `${entry}: ${name} has no TSDoc with an @example`)
  for (const statement of parse(file).module.staticExports) {
    for (const { moduleRequest, importName, isType } of statement.entries) {
      if (!moduleRequest || isType) continue
      if (importName.name === null) {
        faults.push(`${entry}: list the names of ${moduleRequest.value} instead of \`export *\``)
        continue
      }
      const source = files.get(resolveRelative(entry, moduleRequest.value))
      if (source && bareNames(source).includes(importName.name)) {
        faults.push(`${source.path}: ${importName.name} is public and has no TSDoc with an @example`)
      }
    }
  }
  return faults
}

/** Exported values with no doc comment right in front, or with one that shows no use. Types may be explained by their fields and neighbours. */
function bareNames(file: SourceFile): string[] {
  const { program, comments } = parse(file)
  const documented = new Set(
    comments
      .filter(
        (comment) => comment.type === 'Block' && comment.value.startsWith('*') && /^ \* @example$/m.test(comment.value),
      )
      .map((comment) => comment.end + file.text.slice(comment.end).search(/\S|$/)),
  )
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || documented.has(statement.start)) return []
    const declaration = statement.declaration
    switch (declaration?.type) {
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
        return declaration.id ? [declaration.id.name] : []
      case 'VariableDeclaration':
        return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
      default:
        return []
    }
  })
}
