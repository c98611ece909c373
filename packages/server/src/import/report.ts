import type { Skipped, StagedCounts } from './stage.ts'
import { count, counted, oneLine } from '../text.ts'

/** What an import did, or would do. The form of `--json`: fields are only ever added. */
export interface ImportReport {
  /** For `confab import undo`; `null` when nothing new was written. */
  readonly id: string | null
  readonly format: string
  readonly file: string
  readonly site: string
  readonly dryRun: boolean
  /** What the file holds that can be taken over: the same numbers however often it is imported. */
  readonly found: StagedCounts
  /** Comments written now, or that would be. */
  readonly written: number
  /** Comments that were there already. */
  readonly existing: number
  readonly skipped: {
    readonly total: number
    readonly reasons: readonly { readonly reason: string; readonly count: number }[]
    /** The first {@link maxSkippedItems}. */
    readonly items: readonly Skipped[]
  }
  readonly hosts: readonly { readonly host: string; readonly pages: number }[]
  readonly durationMs: number
}

/** Most things left out that a report names one by one. */
export const maxSkippedItems = 100

/** The report for people. */
export function reportLines(report: ImportReport): string[] {
  const { found, skipped } = report
  const hidden = [
    [found.hidden.spam, 'spam'],
    [found.hidden.deleted, 'deleted'],
    [found.hidden.pending, 'waiting for approval'],
  ] as const
  const hiddenText = hidden
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${count(number)} ${word}`)
    .join(', ')
  const lines = [
    `Found     ${counted(found.comments, 'comment')} (${counted(found.replies, 'reply', 'replies')}) of ${counted(found.authors, 'author')} on ${counted(found.threads, 'page')}`,
    ...(hiddenText === '' ? [] : [`Hidden    ${hiddenText}`]),
    ...(report.hosts.length === 0
      ? []
      : [
          `Hosts     ${report.hosts.map(({ host, pages }) => `${host === '' ? 'no address' : oneLine(host)} (${counted(pages, 'page')})`).join(', ')}`,
        ]),
    `${report.dryRun ? 'Would add' : 'Added    '} ${counted(report.written, 'comment')}${report.existing > 0 ? `; ${count(report.existing)} were there already` : ''}`,
  ]
  if (skipped.total > 0) {
    lines.push(`Left out  ${count(skipped.total)}:`)
    for (const { reason, count: number } of skipped.reasons) lines.push(`          ${count(number)} because ${reason}`)
    for (const item of skipped.items) {
      const name = item.ref === null ? item.what : `${item.what} ${oneLine(item.ref)}`
      lines.push(`          line ${item.line}: ${name}: ${item.reason}`)
    }
    if (skipped.total > skipped.items.length) {
      lines.push(`          and ${count(skipped.total - skipped.items.length)} more`)
    }
  }
  lines.push(`Took      ${(report.durationMs / 1000).toFixed(1)} s`)
  if (report.dryRun) lines.push('This was a dry run: nothing was written.')
  if (report.id !== null) lines.push(`Undo with "confab import undo ${report.id}".`)
  return lines
}
