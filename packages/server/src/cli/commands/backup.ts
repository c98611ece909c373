import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { dataFolder, requireDatabase } from '../../data/folder.ts'
import { withStore } from '../../data/open-store.ts'
import { ServerError, errorCode, errorMessage } from '../../errors.ts'
import { dataOption, jsonOption } from '../options.ts'
import { print, printJson } from '../output.ts'

/** `confab backup` */
export const backup = defineCommand({
  meta: { name: 'backup', description: 'Copy the database into a file, also while the server runs' },
  args: {
    file: { type: 'positional', required: true, description: 'The new file' },
    ...dataOption,
    ...jsonOption,
  },
  async run({ args }) {
    const folder = dataFolder(args.data)
    requireDatabase(folder)
    const file = resolve(args.file)
    if (existsSync(file)) throw new ServerError('failed', `${file} exists already: choose another name.`)
    await withStore(folder, async (store) => {
      try {
        await store.backup(file)
      } catch (error) {
        throw new ServerError('failed', `The backup ${file} could not be written: ${reasonOf(error)}.`, {
          cause: error,
        })
      }
    })
    if (args.json) printJson({ file })
    else print(`Backed up to ${file}`)
  },
})

function reasonOf(error: unknown): string {
  switch (errorCode(error)) {
    case 'store_missing':
    case 'store_readonly':
      return 'its folder does not exist, or this user may not write there'
    case 'store_full':
      return 'the disk is full'
    default:
      return errorMessage(error)
  }
}
