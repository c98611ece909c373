import { accessSync, constants, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { defineCommand } from 'citty'
import { sqlite } from '@confab/adapters/sqlite'
import { systemClock } from '@confab/core'
import type { Site } from '@confab/core/ports'
import type { Data } from '../../data/data.ts'
import { dataFolder, explainFolder, requireDatabase } from '../../data/folder.ts'
import type { DataFolder } from '../../data/folder.ts'
import { withStore } from '../../data/open-store.ts'
import { siteDirectory } from '../../data/sites.ts'
import { explainSqlite } from '../../data/sqlite-errors.ts'
import { errorCode, errorMessage } from '../../errors.ts'
import { loadWidgetAssets } from '../../serve/widget-assets.ts'
import { counted, oneLine } from '../../text.ts'
import { dataAt } from '../../data/data.ts'
import { dataOption, jsonOption, storeOption } from '../options.ts'
import { print, printJson } from '../output.ts'

interface Finding {
  readonly check: string
  readonly result: 'ok' | 'warning' | 'failed'
  readonly text: string
}

type Check = (folder: DataFolder) => Finding['text'] | Omit<Finding, 'check'> | Promise<Omit<Finding, 'check'> | string>

/** In this order: what comes first is needed by what follows, so the first failure is the one to mend. */
const checks: { readonly [name: string]: Check } = {
  folder: checkFolder,
  database: checkDatabase,
  sites: checkSites,
  secret: checkSecret,
  disk: checkDisk,
  widget: checkWidget,
}

/** `confab doctor`: looks and changes nothing. */
export const doctor = defineCommand({
  meta: { name: 'doctor', description: 'Check the data folder and the installation' },
  args: { ...dataOption, ...storeOption, ...jsonOption },
  async run({ args }) {
    const data = dataAt(args)
    const folder = dataFolder(args.data)
    const findings: Finding[] = []
    const looks = data.folder === null ? sharedChecks(data) : Object.entries(checks)
    for (const [check, look] of looks) {
      try {
        const result = await look(folder)
        findings.push(typeof result === 'string' ? { check, result: 'ok', text: result } : { check, ...result })
      } catch (error) {
        findings.push({ check, result: 'failed', text: errorMessage(error) })
        if (check === 'folder' || check === 'database' || check === 'store') break
      }
    }
    const healthy = findings.every(({ result }) => result !== 'failed')
    if (args.json) printJson({ healthy, findings })
    else
      for (const { check, result, text } of findings) print(`${result.padEnd(7)}  ${check.padEnd(8)}  ${oneLine(text)}`)
    return healthy ? 0 : 1
  },
})

/** What can be looked at from here when nothing lies in a folder. */
function sharedChecks(data: Data): [string, Check][] {
  return [
    ['store', () => data.withStore(async (store) => store.ping()).then(() => `${data.name} answers`)],
    ['sites', async () => sitesFinding(await data.withStore((store) => siteDirectory(store, systemClock).list()))],
    ['widget', checkWidget],
  ]
}

function sitesFinding(sites: readonly Site[]): Omit<Finding, 'check'> {
  return sites.length === 0
    ? { result: 'warning', text: 'none yet: add one with "confab site add ID --origin https://your.site"' }
    : { result: 'ok', text: sites.map(({ id, origins }) => `${id} (${origins.join(', ')})`).join('; ') }
}

function checkFolder(folder: DataFolder): string {
  requireDatabase(folder)
  try {
    accessSync(folder.path, constants.R_OK | constants.W_OK)
  } catch (error) {
    throw explainFolder(folder, error)
  }
  return folder.path
}

async function checkDatabase(folder: DataFolder): Promise<string> {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(folder.database, { readOnly: true })
    const problems = db
      .prepare('PRAGMA integrity_check(3)')
      .all()
      .map((row) => String(row['integrity_check']))
    if (problems.join() !== 'ok') throw new Error(`The database is damaged: ${problems.join('; ')}`)
    const version = versionOf(db)
    const newest = await newestVersion()
    if (version > newest) {
      throw new Error('The database was written by a newer version of Confab: update this one.')
    }
    const bytes = statSync(folder.database).size
    return `whole, ${(bytes / 1e6).toFixed(1)} MB${version < newest ? ', to be brought forward by the next start' : ''}`
  } catch (error) {
    throw explainSqlite(folder, error)
  } finally {
    db?.close()
  }
}

async function isCurrent(folder: DataFolder): Promise<boolean> {
  const db = new DatabaseSync(folder.database, { readOnly: true })
  try {
    return versionOf(db) === (await newestVersion())
  } finally {
    db.close()
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** What this version would make of an empty file. */
async function newestVersion(): Promise<number> {
  const db = new DatabaseSync(':memory:')
  try {
    await sqlite(db).migrate()
    return versionOf(db)
  } finally {
    db.close()
  }
}

async function checkSites(folder: DataFolder): Promise<Omit<Finding, 'check'>> {
  // Opening an older database would bring it forward, and a doctor changes nothing.
  if (!(await isCurrent(folder))) return { result: 'ok', text: 'not looked at before the next start' }
  return sitesFinding(await withStore(folder, (store) => siteDirectory(store, systemClock).list()))
}

function checkSecret(folder: DataFolder): Omit<Finding, 'check'> {
  try {
    // The mode says nothing on Windows.
    const open = process.platform !== 'win32' && (statSync(folder.secret).mode & 0o077) !== 0
    return open
      ? { result: 'warning', text: `${folder.secret} can be read by others on this machine: chmod 600 it` }
      : { result: 'ok', text: 'readable by its owner only' }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { result: 'ok', text: 'made by the first start' }
    throw explainFolder(folder, error)
  }
}

async function checkDisk(folder: DataFolder): Promise<Omit<Finding, 'check'>> {
  const { bavail, bsize } = await statfs(folder.path)
  const free = bavail * bsize
  const text = `${(free / 1e9).toFixed(1)} GB free`
  return { result: free < 200e6 ? 'warning' : 'ok', text }
}

async function checkWidget(): Promise<Omit<Finding, 'check'>> {
  const assets = await loadWidgetAssets()
  return assets === null
    ? { result: 'failed', text: 'its files are missing: install Confab again, or build the workspace' }
    : { result: 'ok', text: counted(Object.keys(assets).length, 'file') }
}
