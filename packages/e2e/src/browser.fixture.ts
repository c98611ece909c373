import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const candidates = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const executablePath = candidates.find((path) => path !== '' && existsSync(path))

/** Why the suites in a browser cannot run here; `null` when they can. Under CI a missing browser is a failure. */
export const noBrowser: string | null =
  executablePath === undefined ? 'no Chromium was found (set CHROMIUM to its path)' : null

if (noBrowser !== null) {
  if (process.env['CONFAB_REQUIRE_SERVICES']) throw new Error(`Browser tests must run, but ${noBrowser}`)
  console.warn(`Browser tests do not run: ${noBrowser}`)
}

// Without these, the browser looks up hosts of its maker at every start.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(noBrowser ?? 'There is no browser')
  return chromium.launch({ executablePath, args })
}

/** A tab that remembers what went wrong in it. */
export interface Tab {
  readonly page: Page
  /** Errors of scripts, of the console, and violations of the page's security policy. */
  readonly problems: string[]
}

/** Opens a tab that notes every problem. Failed requests are expected in some tests and are left out. */
export async function openTab(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`script: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      problems.push(`console: ${message.text()}`)
    }
  })
  await page.exposeFunction('noteViolation', (text: string) => problems.push(`policy: ${text}`))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const { noteViolation } = globalThis as unknown as { noteViolation(text: string): void }
      noteViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  return { page, problems }
}
