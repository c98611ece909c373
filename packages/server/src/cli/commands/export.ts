import { once } from 'node:events'
import { defineCommand } from 'citty'
import { systemClock, threadId } from '@confab/core'
import type { Site, Store } from '@confab/core/ports'
import { dataAt } from '../../data/data.ts'
import { siteDirectory } from '../../data/sites.ts'
import { ServerError } from '../../errors.ts'
import { exportLines } from '../../transfer/export.ts'
import { count } from '../../text.ts'
import { dataOption, storeOption } from '../options.ts'
import { progressLine } from '../output.ts'

/** Lines are handed to the pipe in pieces of about so many characters. */
const pieceSize = 64 * 1024

/** `confab export` */
export const exportCommand = defineCommand({
  meta: { name: 'export', description: 'Write everything, or one site or thread, to stdout as JSON Lines' },
  args: {
    site: { type: 'string', valueHint: 'ID', description: 'Only this site' },
    thread: { type: 'string', valueHint: 'KEY', description: 'Only the thread of this page, by its key' },
    ...dataOption,
    ...storeOption,
  },
  async run({ args }) {
    const data = dataAt(args)
    data.require()
    const progress = progressLine()
    await data
      .withStore(async (store) => {
        const sites = await sitesToExport(store, args.site)
        const thread = args.thread === undefined ? null : await threadToExport(store, sites, args.thread)
        await writeOut(
          exportLines({
            store,
            sites,
            ...(thread === null ? {} : { thread }),
            onProgress: (comments) => progress.show(`Writing: ${count(comments)}`),
          }),
        )
      })
      .finally(() => progress.end())
  },
})

async function sitesToExport(store: Store, id: string | undefined): Promise<Site[]> {
  const sites = await siteDirectory(store, systemClock).list()
  if (id === undefined) return sites
  const site = sites.find((one) => one.id === id)
  if (site === undefined) throw new ServerError('not_found', `There is no site "${id}": see "confab site list".`)
  return [site]
}

async function threadToExport(store: Store, sites: readonly Site[], key: string): Promise<string> {
  const [site, second] = sites
  if (site === undefined) throw new ServerError('not_found', 'There is no site yet, so there is nothing to export.')
  if (second !== undefined) {
    throw new ServerError('not_found', 'There are several sites: name the one the thread belongs to with --site.')
  }
  const thread = await threadId(site.id, key)
  if ((await store.siteOf(thread)) !== site.id) {
    throw new ServerError('not_found', `Nobody has written on the page "${key}" of the site ${site.id}.`)
  }
  return thread
}

/** Waits for a reader that is slower, so that nothing piles up here. */
async function writeOut(lines: AsyncIterable<string>): Promise<void> {
  let piece = ''
  const write = async (): Promise<void> => {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain')
    piece = ''
  }
  for await (const line of lines) {
    piece += line
    if (piece.length >= pieceSize) await write()
  }
  await write()
}
