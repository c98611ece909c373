/** Remembers what was used lately, within a bound. */
export interface Lru<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
}

/**
 * `weigh` gives the share of `limit` one value takes; 1 for each when it is left out.
 *
 * Two generations instead of one exact order: what is used moves to the young one, and when that holds half the limit
 * it becomes the old one and the old one is forgotten. A key that is used all the time costs one look-up and no change.
 */
export function createLru<V>(limit: number, weigh: (value: V) => number = () => 1): Lru<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let weight = 0

  function put(key: string, value: V): void {
    const present = young.get(key)
    if (present !== undefined) weight -= weigh(present)
    young.set(key, value)
    weight += weigh(value)
    if (weight <= limit / 2) return
    old = young
    young = new Map()
    weight = 0
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const kept = old.get(key)
      if (kept !== undefined) {
        old.delete(key)
        put(key, kept)
      }
      return kept
    },
    set(key, value) {
      old.delete(key)
      put(key, value)
    },
    delete(key) {
      const present = young.get(key)
      if (present !== undefined) weight -= weigh(present)
      young.delete(key)
      old.delete(key)
    },
  }
}
