import { mongodbShardKeys } from '../index.ts'

type Doc = Record<string, unknown>

/** Queries that by their nature concern more than one thread or part: lists of a site, and the outbox. */
const mayAskAllShards = new Set([
  'comments: id,site,st',
  'comments: site,st',
  'comments: id,q,site,st',
  'comments: id,site,u',
  'comments: site,u',
  'threads: _id,site',
  'events: at,lease,todo',
  'events: _id,lease,todo',
  'events: _id,claim',
  'events: _id,todo',
  'events: at,done',
  'idem: at',
  'records: _id',
])

/** Looks at every command that goes to the server and notes those that a sharded cluster could not send to one shard. */
export interface ShardKeyWatch {
  see(command: Doc): void
  /** Runs something that is not part of the store. */
  without<T>(work: () => Promise<T>): Promise<T>
  seen(): number
  faults(): string[]
}

export function createShardKeyWatch(): ShardKeyWatch {
  const faults = new Set<string>()
  let seen = 0
  let off = false

  function check(collection: string, filter: Doc, single: boolean): void {
    seen++
    const shard = mongodbShardKeys.find((one) => one.collection === collection)
    if (shard === undefined) return
    const keys = Object.keys(shard.key)
    const fields = Object.keys(filter).sort()
    // Reads need the first field to go to one place; an update or delete of one document needs the whole key.
    const needed = single ? keys : keys.slice(0, 1)
    const fixed = needed.every((field) => field in filter && !isRange(filter[field]))
    const name = `${collection}: ${fields.join()}`
    if (!fixed && !(mayAskAllShards.has(name) && !single)) faults.add(`${single ? 'one of ' : ''}${name}`)
  }

  return {
    see(command) {
      if (off) return
      const isMigrating = command['limit'] === 1 && Object.keys(asDoc(command['filter'])).length === 0
      if (typeof command['find'] === 'string' && !isMigrating) check(command['find'], asDoc(command['filter']), false)
      for (const one of asDocs(command['updates'])) {
        check(String(command['update']), asDoc(one['q']), one['multi'] !== true)
      }
      for (const one of asDocs(command['deletes']))
        check(String(command['delete']), asDoc(one['q']), one['limit'] === 1)
      if (typeof command['insert'] === 'string') {
        for (const document of asDocs(command['documents'])) check(command['insert'], document, true)
      }
    },
    async without(work) {
      off = true
      try {
        return await work()
      } finally {
        off = false
      }
    },
    seen: () => seen,
    faults: () => [...faults],
  }
}

function isRange(value: unknown): boolean {
  const operators = Object.keys(asDoc(value))
  return operators.some((operator) => operator.startsWith('$') && operator !== '$in')
}

function asDoc(value: unknown): Doc {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function asDocs(value: unknown): Doc[] {
  return Array.isArray(value) ? value.map(asDoc) : []
}
