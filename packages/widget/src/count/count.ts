import { cleanAddress } from '../page-address.ts'
import type { CountsView } from '@confab/core'

/** Pages in one request; the server takes no more. */
const batch = 100

const { dataset, src } = document.currentScript as HTMLScriptElement

function fill(): void {
  const places = new Map<string, Element[]>()
  for (const element of document.querySelectorAll('[data-confab-count]')) {
    const link = element.closest('a')
    const key = element.getAttribute('data-confab-count') || cleanAddress(link?.href || location.href).key
    places.set(key, [...(places.get(key) ?? []), element])
  }
  const keys = [...places.keys()]
  while (keys.length > 0) void load(keys.splice(0, batch), places)
}

async function load(keys: readonly string[], places: ReadonlyMap<string, Element[]>): Promise<void> {
  const query = new URLSearchParams([['site', dataset['site'] ?? ''], ...keys.map((key) => ['pageKey', key])])
  const server = (dataset['server'] ?? new URL('.', src).href).replace(/\/*$/, '/')
  const response = await fetch(`${server}v1/counts?${query}`, { credentials: 'omit' })
  if (!response.ok) return
  const { counts } = (await response.json()) as CountsView
  for (const key of keys) {
    const count = counts[key] ?? 0
    for (const element of places.get(key) ?? []) show(element, count.toLocaleString())
  }
}

/** "Comments" becomes "Comments (12)"; an empty element becomes "12". */
function show(element: Element, count: string): void {
  const text = element.textContent?.trim()
  element.textContent = text ? `${text} (${count})` : count
}

if (document.readyState === 'loading') addEventListener('DOMContentLoaded', fill)
else fill()
