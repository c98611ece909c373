import type { Fault, Import, SourceFile } from './source.ts'
import { importsOf, isTest, packageOf, resolveRelative } from './source.ts'

// Who may import whom. A room is a folder of core that knows only the rooms listed here; the order of the house is
// ports <- engine <- features <- http <- create. What a room needs from outside the workspace is listed as well.
interface Room {
  readonly rooms: readonly string[]
  readonly packages: readonly string[]
}

const coreRooms: { readonly [room: string]: Room } = {
  ports: { rooms: [], packages: [] },
  runtime: { rooms: ['ports'], packages: [] },
  engine: { rooms: ['ports', 'runtime'], packages: ['zod'] },
  text: { rooms: [], packages: ['markdown-it'] },
  features: { rooms: ['ports', 'engine', 'text'], packages: ['zod'] },
  http: { rooms: ['ports', 'runtime', 'engine', 'features'], packages: ['hono', 'ipaddr.js', 'zod'] },
  memory: { rooms: ['ports'], packages: [] },
  create: {
    rooms: ['ports', 'runtime', 'engine', 'text', 'features', 'http', 'memory'],
    packages: ['hono', 'zod'],
  },
  testing: {
    rooms: ['ports', 'runtime', 'engine', 'text', 'features', 'http', 'memory', 'create'],
    packages: ['hono', 'zod'],
  },
}

/** Features every Confab has. The others are optional: they may build on these, and these know none of them. */
const baseFeatures = ['auth', 'posts', 'comments']

/** Folders of the adapters package that several adapters share; they know no adapter. */
const sharedByAdapters = ['commit', 'sql', 'store']

/** The bridges to one runtime: nothing else in core imports them, and only they may name that runtime. */
const runtimeBridges = ['packages/core/src/runtime/node.ts']

/** Every import that breaks a rule of the house. */
export function importFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    if (isTest(file.path)) return []
    return importsOf(file).flatMap((wanted) => {
      const why = judge(file.path, wanted)
      return why === null ? [] : [`${file.path}: imports ${wanted.from}, but ${why}`]
    })
  })
}

/** Why this import may not be; `null` when it may. */
function judge(path: string, wanted: Import): string | null {
  const [, packageName = ''] = path.split('/')
  if (wanted.from.startsWith('.')) {
    const target = resolveRelative(path, wanted.from)
    if (!target.startsWith(`packages/${packageName}/src/`)) return 'a relative import stays inside its package'
    if (isTest(target)) return 'only tests import tests and fixtures'
  }
  switch (packageName) {
    case 'core':
      return judgeCore(path, wanted)
    case 'adapters':
      return judgeAdapter(path, wanted)
    case 'widget':
      return judgeWidget(path, wanted)
    default:
      return wanted.from === '@confab/core/testing' ? 'only tests import the suites' : null
  }
}

function judgeCore(path: string, wanted: Import): string | null {
  if (runtimeBridges.includes(path)) return null
  const room = roomOf(path)
  const rules = coreRooms[room]
  if (!rules) return `no rule knows the folder ${room}: decide who it may import in scripts/checks/import-rules.ts`
  if (!wanted.from.startsWith('.')) {
    return rules.packages.includes(packageOf(wanted.from) ?? '') ? null : `${room} may import ${list(rules.packages)}`
  }
  const target = resolveRelative(path, wanted.from)
  if (runtimeBridges.includes(target)) return 'a runtime bridge is for its subpath only'
  const targetRoom = roomOf(target)
  if (room === 'features' && targetRoom === 'features') return judgeFeature(path, target)
  if (targetRoom === room) return null
  return rules.rooms.includes(targetRoom) ? null : `${room} may import ${list(rules.rooms)}`
}

function judgeFeature(path: string, target: string): string | null {
  const own = featureOf(path)
  const other = featureOf(target)
  if (own === other) return null
  if (!baseFeatures.includes(other)) return 'features meet an optional feature through events and hooks only'
  return null
}

function judgeAdapter(path: string, wanted: Import): string | null {
  if (wanted.from.startsWith('.')) {
    const own = path.split('/')[3] ?? ''
    const other = resolveRelative(path, wanted.from).split('/')[3] ?? ''
    return own === other || sharedByAdapters.includes(other) ? null : 'an adapter does not know other adapters'
  }
  if (!wanted.from.startsWith('@confab/')) return null
  if (wanted.from !== '@confab/core/ports') return 'adapters know only @confab/core/ports'
  return wanted.typeOnly ? null : 'adapters import types of the ports, never values'
}

function judgeWidget(path: string, wanted: Import): string | null {
  if (wanted.from.startsWith('.')) {
    const inClient = path.startsWith('packages/widget/src/client/')
    const target = resolveRelative(path, wanted.from)
    if (inClient && !target.startsWith('packages/widget/src/client/')) return 'the headless client stands alone'
    return null
  }
  if (wanted.from.startsWith('@confab/core')) {
    if (wanted.from === '@confab/core/testing') return 'only tests import the suites'
    return wanted.typeOnly ? null : 'the widget imports types from core, never values'
  }
  if (packageOf(wanted.from) !== 'preact') return 'the widget may import preact'
  return path.startsWith('packages/widget/src/client/') ? 'the headless client needs no view library' : null
}

/** The first folder under `packages/core/src`; files at the top belong to `create`. */
function roomOf(path: string): string {
  const [, , , first = '', ...rest] = path.split('/')
  return rest.length === 0 ? 'create' : first
}

function featureOf(path: string): string {
  const [, , , , name = '', ...rest] = path.split('/')
  return rest.length === 0 ? '' : name
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : `only ${names.join(', ')}`
}
