import { expect, test } from 'vitest'
import { createTimeFormat } from './time-format.ts'

const now = Date.UTC(2026, 5, 15, 12)
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

test.each([
  [0, 'now'],
  [-5 * minute, 'now'],
  [59_999, 'now'],
  [minute, '1 minute ago'],
  [59 * minute + 59_000, '59 minutes ago'],
  [hour, '1 hour ago'],
  [23 * hour, '23 hours ago'],
  [day, 'yesterday'],
  [3 * day, '3 days ago'],
  [30 * day, 'May 16, 2026'],
])('%i ms ago is %s', (ms, text) => {
  expect(createTimeFormat('en').ago(now - ms, now)).toBe(text)
})

test('speaks the locale', () => {
  const format = createTimeFormat('de')
  expect(format.ago(now - 3 * hour, now)).toBe('vor 3 Stunden')
  expect(format.full(now)).toContain('Montag, 15. Juni 2026')
})
