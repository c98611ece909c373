import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createThreadStorage } from './storage.ts'
import type { OutboxItem } from '../client/outbox.ts'

/** What browsers offer, including that their keys are own properties. */
function webStorage(full = false): Storage {
  const storage = Object.create({
    getItem: (key: string) => (storage[key] as string | undefined) ?? null,
    setItem(key: string, value: string) {
      if (full) throw new DOMException('Full', 'QuotaExceededError')
      storage[key] = value
    },
    removeItem: (key: string) => delete storage[key],
  }) as Storage
  return storage
}

beforeEach(() => vi.stubGlobal('localStorage', webStorage()))
afterEach(() => vi.unstubAllGlobals())

const item: OutboxItem = {
  key: 'k'.repeat(22),
  body: 'Hello',
  parent: null,
  guest: null,
  at: 1,
  state: 'sending',
  error: null,
  retryAt: null,
}

test('stores nothing before there is a draft worth keeping', () => {
  const storage = createThreadStorage('blog:/a')
  storage.keepDraft('', { text: 'Short' })
  expect(storage.draft('')).toEqual({ text: 'Short' })
  expect(Object.keys(localStorage)).toEqual([])
  storage.keepDraft('', { text: 'Long enough' })
  expect(createThreadStorage('blog:/a').draft('')).toEqual({ text: 'Long enough' })
  expect(createThreadStorage('blog:/b').draft('')).toBeNull()
  storage.keepDraft('', { text: 'Short' })
  expect(Object.keys(localStorage)).toEqual([])
})

test('leaves nothing behind when it has been sent', () => {
  const storage = createThreadStorage('blog:/a')
  storage.keepDraft('', { text: 'Long enough' })
  storage.outbox.put(item)
  expect(createThreadStorage('blog:/a').outbox.all()).toEqual([item])
  expect(createThreadStorage('blog:/b').outbox.all()).toEqual([])
  storage.dropDraft('')
  storage.outbox.remove(item.key)
  expect(Object.keys(localStorage)).toEqual([])
})

test('remembers a guest on every page, until asked to forget', () => {
  const ada = { name: 'Ada', email: '' }
  createThreadStorage('blog:/a').keepGuest(ada, true)
  expect(createThreadStorage('blog:/b').guest()).toEqual({ ...ada, kept: true })
  const storage = createThreadStorage('blog:/a')
  storage.keepGuest(ada, false)
  expect(createThreadStorage('blog:/b').guest()).toBeNull()
  expect(storage.guest()).toEqual({ ...ada, kept: false })
})

test('works where storage is full or forbidden, as long as the page is open', () => {
  vi.stubGlobal('localStorage', webStorage(true))
  const full = createThreadStorage('blog:/a')
  full.keepDraft('', { text: 'Long enough' })
  expect(full.draft('')).toEqual({ text: 'Long enough' })
  vi.stubGlobal('localStorage', undefined)
  const forbidden = createThreadStorage('blog:/a')
  forbidden.keepDraft('', { text: 'Long enough' })
  expect(forbidden.draft('')).toEqual({ text: 'Long enough' })
  expect(forbidden.guest()).toBeNull()
  expect(forbidden.outbox.all()).toEqual([])
})

test('takes nothing for a draft that somebody else wrote', () => {
  localStorage.setItem('confab:blog:/a:draft:', '{broken')
  expect(createThreadStorage('blog:/a').draft('')).toBeNull()
})
