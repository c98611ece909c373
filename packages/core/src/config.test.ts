import { describe, expect, test } from 'vitest'
import type { ConfabConfig } from './config.ts'
import { checkConfig, limitsOf } from './config.ts'
import { createConfab } from './create.ts'
import { memoryStore } from './memory/index.ts'
import { silentLogger } from './testing/api/config.ts'

const store = memoryStore()
const right = { store, sites: [{ id: 'blog', origins: ['https://blog.example.org'] }] }

/** As somebody without types would write it. */
const create = (config: object): unknown => createConfab(config as ConfabConfig)
const site = (fields: object): unknown => create({ ...right, sites: [{ ...right.sites[0], ...fields }] })

describe('a wrong option is named at once, with what to do', () => {
  test.each<[object, string | RegExp]>([
    [{ sites: right.sites }, /^`store` is missing; give it a store such as sqlite\('confab.db'\)/],
    [{ ...right, store: 'sqlite' }, /^`store` is missing/],
    [{ store }, /^`sites` is missing; give it a list/],
    [{ ...right, sites: 'blog' }, /^`sites` is missing/],
    [{ ...right, stroe: store }, '`stroe` is not an option of `createConfab`; remove it or check its spelling'],
    [{ ...right, secret: 'short' }, /^`secret` must have at least 32 characters; make one with/],
    [{ ...right, secret: 12345 }, /^`secret` must have/],
    [{ ...right, basePath: 'comments' }, /^`basePath` must begin with a slash/],
    [{ ...right, basePath: '/comments/' }, /^`basePath` must begin with a slash and not end with one/],
    [{ ...right, basePath: '/a?b' }, /^`basePath`/],
    [{ ...right, identify: { id: 'ada' } }, /^`identify` must be a function/],
    [{ ...right, trustProxy: 'loopback' }, "`trustProxy` must be a list, such as ['loopback']"],
    [{ ...right, trustProxy: ['localhost'] }, /^`trustProxy`: "localhost" is not an address/],
    [{ ...right, cache: {} }, '`cache` has no method `guard`; see the port of that name in @confab/core/ports'],
    [{ ...right, bus: 'mqtt://' }, /^`bus` has no method `subscribe`/],
    [{ ...right, limiter: null }, /^`limiter` has no method `take`/],
    [{ ...right, logger: () => {} }, /^`logger` has no method `error`/],
    [{ ...right, on: { 'comment.posted': () => {} } }, /^`on`: "comment.posted" is no event; they are comment.created/],
    [{ ...right, limits: { writes: false } }, '`limits`: `writes` is no limit; they are read, write, address'],
    [{ ...right, limits: { write: { burst: 0, perMs: 1000 } } }, /^`limits`: `write` must be false, or/],
    [{ ...right, limits: { read: { burst: 10 } } }, /^`limits`: `read` must be false, or/],
    [{ ...right, limits: { read: true } }, /^`limits`: `read` must be false, or/],
    [{ ...right, pageMemoryBytes: -1 }, /^`pageMemoryBytes` must be a whole number/],
    [{ ...right, pageMemoryBytes: '64MB' }, /^`pageMemoryBytes` must be a whole number/],
  ])('%j', (config, message) => {
    expect(() => create(config)).toThrow(message)
  })

  test.each<[object, string | RegExp]>([
    [{ id: 'Blog' }, '`sites`: the id "Blog" must be 1 to 64 of a-z, 0-9, - and _'],
    [{ id: undefined }, '`sites`: the id that is missing must be'],
    [{ id: 'x'.repeat(65) }, /must be 1 to 64/],
    [{ origins: 'https://blog.example.org' }, /^`sites`: `origins` of site blog must be a list/],
    [{ origins: undefined }, /^`sites`: `origins` of site blog must be a list/],
    [{ origins: ['https://blog.example.org/'] }, /is not an origin; write it as https:\/\/blog.example.org, without/],
    [{ origins: ['blog.example.org'] }, /"blog.example.org" of site blog is not an origin/],
    [{ origins: ['*'] }, /"\*" of site blog is not an origin/],
    [{ origins: ['null'] }, /"null" of site blog is not an origin/],
    [{ origins: ['https://Blog.example.org'] }, /is not an origin/],
    [{ origins: ['https://blog.example.org:443'] }, /is not an origin/],
    [{ premoderate: 'ALL' }, "`sites`: `premoderate` of site blog must be 'none' or 'all'"],
    [{ premoderate: true }, /`premoderate` of site blog must be/],
    [{ guests: 'no' }, '`sites`: `guests` of site blog must be true or false'],
    [{ guestEmail: 1 }, /`guestEmail` of site blog must be true or false/],
    [{ maxDepth: 0 }, '`sites`: `maxDepth` of site blog must be a whole number from 1 to 32'],
    [{ maxDepth: 33 }, /`maxDepth`/],
    [{ maxDepth: 2.5 }, /`maxDepth`/],
    [{ sort: 'best' }, "`sites`: `sort` of site blog must be 'newest' or 'oldest'"],
    [{ editWindowMs: -1 }, /`editWindowMs` of site blog must be a whole number of milliseconds/],
    [{ editWindowMs: Infinity }, /`editWindowMs`/],
    [{ moderate: 'all' }, '`sites`: `moderate` of site blog is not known; remove it or check its spelling'],
  ])('of a site: %j', (fields, message) => {
    expect(() => site(fields)).toThrow(message)
  })

  test('a site that stands there twice', () => {
    const [blog] = right.sites
    expect(() => create({ ...right, sites: [blog, blog] })).toThrow('the id blog stands there twice')
  })

  test('no options at all', () => {
    for (const nothing of [undefined, null, 'config']) {
      expect(() => checkConfig(nothing as unknown as ConfabConfig)).toThrow('`createConfab` needs an object of options')
    }
  })
})

test('what is left out, or set to nothing, has its default', () => {
  const defaults = limitsOf(right)
  expect(limitsOf({ ...right, limits: {} })).toEqual(defaults)
  const write = { burst: 1, perMs: 1 }
  expect(limitsOf({ ...right, limits: { read: false, write } })).toEqual({ ...defaults, read: false, write })
})

test('sites may come from a function, with more in them than we know, and are checked when they are asked for', async () => {
  const rows = new Map<string, object>([
    ['blog', { ...right.sites[0], owner: 7, createdAt: new Date() }],
    ['broken', { id: 'broken', origins: ['not an origin'] }],
  ])
  const sites = async (id: string) => (rows.get(id) as { id: string; origins: string[] } | undefined) ?? null
  const confab = createConfab({ store, sites, logger: silentLogger })
  const ask = async (id: string): Promise<number> =>
    (await confab.fetch(new Request(`https://api.example/v1/sites/${id}/comments`))).status
  expect([await ask('blog'), await ask('broken'), await ask('nowhere')]).toEqual([200, 500, 404])
})
