/** Remembers what was used last, within a bound. */
export interface Lru<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
}

/** `weigh` gives the share of `limit` one value takes; 1 for each when it is left out. */
export function createLru<V>(limit: number, weigh: (value: V) => number = () => 1): Lru<V> {
  const values = new Map<string, V>()
  let weight = 0

  function remove(key: string): void {
    const value = values.get(key)
    if (value === undefined) return
    values.delete(key)
    weight -= weigh(value)
  }

  return {
    get(key) {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set(key, value) {
      remove(key)
      values.set(key, value)
      weight += weigh(value)
      for (const oldest of values.keys()) {
        if (weight <= limit || oldest === key) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}
