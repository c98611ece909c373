import type { AsyncMatchers, Matchers } from './runner.ts'

/** The matchers that the suites need, for places where no test framework runs. They mean what those of vitest mean. */
export function plainExpect(value: unknown, message?: string): Matchers {
  return matchers(value, message, false)
}

function matchers(value: unknown, message: string | undefined, isNot: boolean): Matchers {
  const check = (holds: boolean, what: string, expected: unknown): void => {
    if (holds !== isNot) return
    const hint = message === undefined ? '' : `${message}: `
    throw new Error(`${hint}expected ${show(value)} ${isNot ? 'not ' : ''}${what} ${show(expected)}`)
  }
  const asNumber = typeof value === 'number' ? value : Number.NaN
  return {
    get not() {
      return matchers(value, message, !isNot)
    },
    get rejects() {
      return rejects(value, message, isNot)
    },
    toBe: (expected) => check(Object.is(value, expected), 'to be', expected),
    toEqual: (expected) => check(isEqual(value, expected, false), 'to equal', expected),
    toStrictEqual: (expected) => check(isEqual(value, expected, true), 'to equal strictly', expected),
    toMatchObject: (expected) => check(matches(value, expected), 'to match', expected),
    toBeGreaterThan: (expected) => check(asNumber > expected, 'to be above', expected),
    toBeLessThanOrEqual: (expected) => check(asNumber <= expected, 'to be at most', expected),
  }
}

function rejects(value: unknown, message: string | undefined, isNot: boolean): AsyncMatchers {
  async function reason(): Promise<unknown> {
    try {
      await value
    } catch (error) {
      return error
    }
    throw new Error(`${message ?? 'The call'}: expected to reject, and did not`)
  }
  return {
    async toThrow(expected) {
      const error = await reason()
      if (isThrown(error, expected) === isNot) throw new Error(`expected ${String(error)} to be ${String(expected)}`)
    },
    async toMatchObject(expected) {
      matchers(await reason(), message, isNot).toMatchObject(expected)
    },
  }
}

function isThrown(error: unknown, expected: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error)
  if (expected === undefined) return true
  if (typeof expected === 'function') return error instanceof expected
  if (expected instanceof RegExp) return expected.test(text)
  return typeof expected === 'string' && text.includes(expected)
}

/** Not `strict`: a field that is `undefined` is as good as none, and no prototype is looked at. */
function isEqual(a: unknown, b: unknown, strict: boolean): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b)) return false
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => isEqual(item, b[i], strict))
  }
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false
    return [...a].every(([key, item]) => b.has(key) && isEqual(item, b.get(key), strict))
  }
  if (a instanceof Set || b instanceof Set) {
    return a instanceof Set && b instanceof Set && a.size === b.size && [...a].every((item) => b.has(item))
  }
  if (a instanceof Error || b instanceof Error) {
    return a instanceof Error && b instanceof Error && a.name === b.name && a.message === b.message
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => {
    if (strict && Object.hasOwn(a, key) !== Object.hasOwn(b, key)) return false
    return isEqual(own(a, key), own(b, key), strict)
  })
}

function matches(value: unknown, expected: unknown): boolean {
  if (!isObject(value) || !isObject(expected)) return isEqual(value, expected, false)
  if (Array.isArray(expected)) {
    if (!Array.isArray(value) || value.length !== expected.length) return false
    return expected.every((item, i) => matches(value[i], item))
  }
  if (expected instanceof Map || expected instanceof Set) return isEqual(value, expected, false)
  // What an error says is found by its prototype, not in itself.
  return Object.keys(expected).every((key) => key in value && matches(Reflect.get(value, key), own(expected, key)))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

const maxShown = 2_000

function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Map) return { Map: [...item] }
    if (item instanceof Set) return { Set: [...item] }
    return item instanceof Error ? String(item) : typeof item === 'bigint' ? `${item}n` : item
  })
  return (text ?? String(value)).slice(0, maxShown)
}
