import { useEffect, useState } from 'preact/hooks'

const units = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
] as const
/** From here on a date says more than a number of days, ms. */
const dateMs = 30 * 86_400_000
const tickMs = 30_000

const listeners = new Set<(now: number) => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One timer for all times of the page; it runs only while there are some. */
function everyTick(listener: (now: number) => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    const now = Date.now()
    for (const each of listeners) each(now)
  }, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const formats = new Map<string, Intl.RelativeTimeFormat>()

/** How long ago `at` was, such as "3 hours ago"; a date when that is long. */
export function formatAgo(at: number, now: number, locale: string): string {
  const ms = Math.max(0, now - at)
  if (ms >= dateMs) return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at)
  const format = formats.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  formats.set(locale, format)
  const unit = units.findLast(([, length]) => ms >= length)
  return unit ? format.format(-Math.floor(ms / unit[1]), unit[0]) : format.format(0, 'second')
}

export function TimeAgo({ at, locale }: { at: number; locale: string }) {
  const [now, setNow] = useState(Date.now)
  const text = formatAgo(at, now, locale)
  // Only a changed text renders anew.
  useEffect(() => everyTick((next) => formatAgo(at, next, locale) !== text && setNow(next)), [at, locale, text])
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }).format(at)
  return (
    <time dateTime={new Date(at).toISOString()} title={full}>
      {text}
    </time>
  )
}
