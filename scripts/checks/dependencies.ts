import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publicPackages } from './exports.ts'
import type { Fault, SourceFile } from './source.ts'
import { importsOf, isTest, packageOf } from './source.ts'

/** What a package.json says its users get beside it. */
export interface Manifest {
  readonly dependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

/** Imports of public packages that their users would not have: in a workspace everything resolves, for them it does not. */
export function dependencyFaults(root: string, files: readonly SourceFile[]): Fault[] {
  return publicPackages.flatMap((name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest
    const own = files.filter((file) => file.path.startsWith(`packages/${name}/`) && !isTest(file.path))
    return missing(own, manifest)
  })
}

/** A type counts too: it is named in the published declarations. */
export function missing(files: readonly SourceFile[], manifest: Manifest): Fault[] {
  const listed = { ...manifest.dependencies, ...manifest.peerDependencies }
  return files.flatMap((file) =>
    importsOf(file)
      .map(({ from }) => packageOf(from))
      .filter((name) => name !== null && !name.startsWith('node:') && !(name in listed))
      .map((name) => `${file.path}: imports ${name}, which is neither a dependency nor a peer of the package`),
  )
}
