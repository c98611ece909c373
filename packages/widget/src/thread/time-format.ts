const units = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
] as const
/** From here on a date says more than a number of days, ms. */
const dateMs = 30 * 86_400_000

/** Writes times in one language. Made once: `Intl` objects are dear. */
export interface TimeFormat {
  /** How long ago `at` was, such as "3 hours ago"; a date when that is long. */
  ago(at: number, now: number): string
  /** Day and time in full. */
  full(at: number): string
}

export function createTimeFormat(locale: string): TimeFormat {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const full = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' })
  /** Full times never change, and formatting one costs more than all else about a comment. */
  const known = new Map<number, string>()
  return {
    ago(at, now) {
      const ms = Math.max(0, now - at)
      if (ms >= dateMs) return date.format(at)
      const unit = units.findLast(([, length]) => ms >= length)
      return unit ? relative.format(-Math.floor(ms / unit[1]), unit[0]) : relative.format(0, 'second')
    },
    full(at) {
      const text = known.get(at) ?? full.format(at)
      known.set(at, text)
      return text
    },
  }
}
