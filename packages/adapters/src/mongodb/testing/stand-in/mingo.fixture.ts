import { createRequire } from 'node:module'
import type { Doc } from './wire.fixture.ts'

// mingo's own declarations do not pass under `exactOptionalPropertyTypes`, so the part used here is declared by hand.
interface Mingo {
  readonly Query: new (filter: Doc, options: Doc) => { test(doc: Doc): boolean }
  readonly Aggregator: new (pipeline: readonly Doc[], options: Doc) => { run(docs: readonly Doc[]): Doc[] }
}

interface MingoUpdater {
  readonly update: (
    doc: Doc,
    modifier: Doc,
    arrayFilters: readonly Doc[],
    condition: Doc,
    options: { cloneMode: 'deep' },
  ) => string[]
  readonly updateOne: (docs: Doc[], condition: Doc, pipeline: readonly Doc[], config: { cloneMode: 'deep' }) => unknown
}

const load = createRequire(import.meta.url)
const mingo: Mingo = load('mingo')
const updater: MingoUpdater = load('mingo/updater')

export const { Query, Aggregator } = mingo
export const applyOperators = updater.update
export const applyPipeline = updater.updateOne
