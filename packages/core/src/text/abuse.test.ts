import { describe, expect, it } from 'vitest'

import { abuse } from './abuse.fixture.ts'
import { renderMarkdown } from './markdown.ts'

/** Longest text of a comment. */
const limit = 10_000

function milliseconds(source: string): number {
  const start = performance.now()
  renderMarkdown(source)
  return performance.now() - start
}

/** The quickest of a few runs: what the text costs, without what else the machine was doing. */
function cost(source: string): number {
  return Math.min(...Array.from({ length: 5 }, () => milliseconds(source)))
}

const sources = Object.entries(abuse)

describe('slow sources', () => {
  it('make texts of the length they were asked for', () => {
    for (const [, make] of sources) expect(make(limit).length).toBeLessThanOrEqual(limit + 100)
  })

  it('render within 50 ms at the length limit', () => {
    // The quickest of three runs each: another process in between is not what is asked about.
    for (const [name, make] of sources) expect(cost(make(limit)), name).toBeLessThan(50)
  })

  it.each(sources)('%s: twice the text takes at most 2.6 times as long', (_, make) => {
    // Below half a millisecond the clock and the collector are all there is to see.
    const growth = () => cost(make(2 * limit)) / Math.max(0.5, cost(make(limit)))
    const allowed = 2.6
    // Measured again when it was too much: a busy machine is no reason, a slow parser is one every time.
    const seen = [growth()]
    while (seen.length < 15 && Math.min(...seen) > allowed) seen.push(growth())
    expect(Math.min(...seen)).toBeLessThanOrEqual(allowed)
  })

  it('grow into at most twelve times their length', () => {
    for (const [, make] of sources) expect(renderMarkdown(make(limit)).length).toBeLessThan(12 * limit)
  })
})
