import { arch, cpus, platform, release } from 'node:os'
import type { Spread } from './rounds.ts'
import { spread } from './rounds.ts'

/** One line: our figure against its limit from the same run. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly ours: readonly number[]
  readonly limit: readonly number[]
  /** Ours by the limit, round by round. */
  readonly ratios: readonly number[]
  readonly goal: Goal
}

/**
 * `far` is where a miss stops being noise: beyond it the command fails. A shared machine moves a ratio by some tens of
 * percent, so it lies well away from the goal; what is exact, such as bytes, has `far` at the goal.
 */
export type Goal =
  | { readonly atLeast: number; readonly far: number }
  | { readonly atMost: number; readonly far: number }
  /** For the record: no goal of its own. */
  | null

export type Verdict = 'ok' | 'miss' | 'FAR OFF' | ''

export function verdictOf(figure: Figure): Verdict {
  const { goal } = figure
  const ratio = spread(figure.ratios).median
  if (goal === null) return ''
  if ('atLeast' in goal) return ratio >= goal.atLeast ? 'ok' : ratio >= goal.far ? 'miss' : 'FAR OFF'
  return ratio <= goal.atMost ? 'ok' : ratio <= goal.far ? 'miss' : 'FAR OFF'
}

export function machine(): string {
  const [first] = cpus()
  const model = first?.model.trim() ?? 'unknown processor'
  return `Node ${process.version}, SQLite ${process.versions['sqlite'] ?? 'none'}, ${cpus().length} x ${model}, ${platform()} ${release()} ${arch()}`
}

const widths = [50, 15, 15, 8, 13, 14, 8] as const

export function heading(): string {
  return row(['', 'ours', 'limit', 'ratio', 'low to high', 'goal (fails)', ''])
}

export function line(figure: Figure): string {
  const ratio = spread(figure.ratios)
  return row([
    figure.name,
    withUnit(spread(figure.ours), figure.unit),
    withUnit(spread(figure.limit), figure.unit),
    ratio.median.toFixed(2),
    `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`,
    goalText(figure.goal),
    verdictOf(figure),
  ])
}

function goalText(goal: Goal): string {
  if (goal === null) return ''
  return 'atLeast' in goal ? `>= ${goal.atLeast} (${goal.far})` : `<= ${goal.atMost} (${goal.far})`
}

function withUnit({ median }: Spread, unit: string): string {
  const digits = median >= 100 ? 0 : median >= 10 ? 1 : 3
  return `${median.toLocaleString('en-US', { maximumFractionDigits: digits })} ${unit}`
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index] ?? 0)))
    .join(' ')
    .trimEnd()
}
