/** Numbers that look random and come again with the same seed. */
export interface Random {
  readonly seed: number
  /** A whole number from 0 up to, not including, `below`. */
  readonly int: (below: number) => number
  /** `true` so many times in a hundred. */
  readonly percent: (chance: number) => boolean
  readonly pick: <T>(from: readonly [T, ...T[]]) => T
  /** One of a list that may be empty. */
  readonly maybe: <T>(from: readonly T[]) => T | undefined
}

/** Mulberry32 by Tommy Ettinger: small, and even enough to choose test cases. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const int = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  return {
    seed,
    int,
    percent: (chance) => int(100) < chance,
    pick(from) {
      return from[int(from.length)] ?? from[0]
    },
    maybe(from) {
      return from[int(from.length)]
    },
  }
}

/** A seed nobody has tried yet. It stands in the name of its test, so that a failure can be played again. */
export function freshSeed(): number {
  const [seed = 1] = crypto.getRandomValues(new Uint32Array(1))
  return seed
}
