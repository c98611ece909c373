/** The middle of several measurements and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * Measures the sides in turn, `rounds` times, changing who goes first, so that a machine that gets slower or busier hurts
 * all alike. Answers the measurements of each side, by round.
 */
export async function alternate(
  rounds: number,
  sides: readonly (() => number | Promise<number>)[],
): Promise<number[][]> {
  const measured = sides.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    const order = [...sides.entries()]
    if (round % 2 === 1) order.reverse()
    for (const [index, measure] of order) measured[index]?.push(await measure())
  }
  return measured
}

/** Ratios of the same rounds: what disturbed both sides of a round drops out. */
export function ratios(ours: readonly number[], limit: readonly number[]): number[] {
  return ours.map((value, round) => value / (limit[round] ?? Number.NaN))
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const half = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2
  return { median, low: at(0), high: at(sorted.length - 1) }
}
