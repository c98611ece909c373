import { defineCommand } from 'citty'
import { systemClock } from '@confab/core'
import { dataAt } from '../../data/data.ts'
import { parseOrigin, siteDirectory } from '../../data/sites.ts'
import { ServerError, UsageError } from '../../errors.ts'
import { dataOption, jsonOption, storeOption, valueRules } from '../options.ts'
import { print, printJson } from '../output.ts'

const idArgument = {
  id: { type: 'positional', required: true, description: 'The id of the site: a-z, 0-9, - and _' },
} as const

const add = defineCommand({
  meta: { name: 'add', description: 'Add a site, or change its origins' },
  args: {
    ...idArgument,
    origin: {
      type: 'string',
      required: true,
      valueHint: 'URL',
      description: 'Origin of its pages, such as https://blog.example.org; several times for several',
    },
    ...dataOption,
    ...storeOption,
    ...jsonOption,
  },
  async run({ args }) {
    checkId(args.id)
    const origins = [...new Set(args.origin.split(',').map((part) => parseOrigin(part)))].filter(
      (part) => part !== null,
    )
    const data = dataAt(args)
    data.create()
    const before = await data.withStore(async (store) => {
      const sites = siteDirectory(store, systemClock)
      const known = await sites.get(args.id)
      await sites.put({ id: args.id, origins })
      return known
    })
    if (args.json) {
      printJson({ id: args.id, origins, added: before === null })
      return
    }
    print(`${before === null ? 'Added' : 'Changed'} the site ${args.id} for ${origins.join(', ')}`)
    if (before !== null) print(`Before, it was for ${before.origins.join(', ')}`)
  },
})

const list = defineCommand({
  meta: { name: 'list', description: 'List the sites' },
  args: { ...dataOption, ...storeOption, ...jsonOption },
  async run({ args }) {
    const data = dataAt(args)
    data.require()
    const sites = await data.withStore((store) => siteDirectory(store, systemClock).list())
    if (args.json) {
      printJson({ items: sites.map(({ id, origins }) => ({ id, origins })) })
      return
    }
    for (const { id, origins } of sites) print(`${id}\t${origins.join(' ')}`)
    if (sites.length === 0)
      process.stderr.write('No site yet: add one with "confab site add ID --origin https://your.site".\n')
  },
})

const remove = defineCommand({
  meta: { name: 'remove', description: 'Remove a site; its comments stay in the database' },
  args: { ...idArgument, ...dataOption, ...storeOption, ...jsonOption },
  async run({ args }) {
    checkId(args.id)
    const data = dataAt(args)
    data.require()
    const removed = await data.withStore((store) => siteDirectory(store, systemClock).remove(args.id))
    if (!removed) throw new ServerError('not_found', `There is no site "${args.id}": see "confab site list".`)
    if (args.json) printJson({ id: args.id, removed })
    else print(`Removed the site ${args.id}. Its comments are kept and come back when you add it again.`)
  },
})

function checkId(id: string): void {
  const complaint = valueRules['site']?.(id) ?? null
  if (complaint !== null) throw new UsageError(`ID ${complaint}.`)
}

/** `confab site` */
export const site = defineCommand({
  meta: { name: 'site', description: 'Say which sites may comment' },
  subCommands: { add, list, remove },
})
