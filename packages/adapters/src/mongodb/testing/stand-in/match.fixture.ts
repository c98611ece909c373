import { Query } from './mingo.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { compareValues, isPlain, keyOf, valueAt } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

const FIELD_OPERATORS = new Set([
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$type',
  '$elemMatch',
])
const LOGICAL_OPERATORS = new Set(['$and', '$or', '$nor'])
const RANGE_OPERATORS = new Set(['$gt', '$gte', '$lt', '$lte'])

function checkOperators(conditions: Doc): void {
  for (const [operator, operand] of Object.entries(conditions)) {
    if (!FIELD_OPERATORS.has(operator)) throw new ServerError('BadValue', `unknown operator: ${operator}`)
    if ((operator === '$in' || operator === '$nin') && !Array.isArray(operand)) {
      throw new ServerError('BadValue', `${operator} needs an array`)
    }
    // mingo compares UTF-16 units, the server UTF-8 bytes: they agree on ASCII.
    if (RANGE_OPERATORS.has(operator) && typeof operand === 'string' && !/^[\0-\x7f]*$/.test(operand)) {
      throw new ServerError('BadValue', 'stand-in: cannot compare a range of strings beyond ASCII')
    }
  }
}

function checkFilter(filter: Doc): void {
  for (const [field, condition] of Object.entries(filter)) {
    if (field.startsWith('$')) {
      if (!LOGICAL_OPERATORS.has(field)) throw new ServerError('BadValue', `unknown top level operator: ${field}`)
      if (!Array.isArray(condition) || condition.length === 0 || !condition.every(isPlain)) {
        throw new ServerError('BadValue', `${field} must be a nonempty array`)
      }
      for (const part of condition) checkFilter(part)
    } else if (isPlain(condition) && Object.keys(condition).some((name) => name.startsWith('$'))) {
      checkOperators(condition)
    }
  }
}

export function matcher(filter: Doc): (doc: Doc) => boolean {
  checkFilter(filter)
  const query = new Query(filter, {})
  return (doc) => query.test(doc)
}

/** What a filter fixes: for each field the values it may have, where that is known. */
export function fixedValues(filter: Doc): Map<string, unknown[]> {
  const fixed = new Map<string, unknown[]>()
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$and' && Array.isArray(condition)) {
      for (const part of condition)
        if (isPlain(part)) for (const [name, values] of fixedValues(part)) fixed.set(name, values)
    } else if (field.startsWith('$')) {
      continue
    } else if (!isPlain(condition)) {
      fixed.set(field, [condition])
    } else if ('$eq' in condition) {
      fixed.set(field, [condition['$eq']])
    } else if (Array.isArray(condition['$in'])) {
      fixed.set(field, condition['$in'])
    }
  }
  return fixed
}

const PARTIAL_OPERATORS = new Set(['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type'])

/** What version 5.0 takes as `partialFilterExpression`: no `$in`, `$or`, `$ne`; `$exists` only as `true`. */
export function checkPartialFilter(filter: Doc): void {
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$and' && Array.isArray(condition)) {
      for (const part of condition) if (isPlain(part)) checkPartialFilter(part)
      continue
    }
    const operators = isPlain(condition) ? Object.entries(condition) : []
    const bad =
      field.startsWith('$') ||
      operators.some(([name, operand]) => !PARTIAL_OPERATORS.has(name) || (name === '$exists' && operand !== true))
    if (bad) throw new ServerError('CannotCreateIndex', `Expression not supported in partial index: ${field}`)
  }
}

export function sorter(sort: Doc): (a: Doc, b: Doc) => number {
  const parts = Object.entries(sort).map(([field, direction]): [string, number] => {
    if (direction !== 1 && direction !== -1) throw new ServerError('BadValue', `Illegal sort direction for ${field}`)
    return [field, direction]
  })
  if (parts.length > 32) throw new ServerError('BadValue', 'too many sort fields')
  return (a, b) => {
    for (const [field, direction] of parts) {
      const order = compareValues(valueAt(a, field), valueAt(b, field))
      if (order !== 0) return order * direction
    }
    return 0
  }
}

/** Top-level inclusion or exclusion, the only projections a store needs. */
export function projector(projection: Doc | undefined): (doc: Doc) => Doc {
  const entries = Object.entries(projection ?? {})
  if (entries.length === 0) return (doc) => doc
  for (const [field, value] of entries) {
    if (field.includes('.') || field.startsWith('$') || (value !== 0 && value !== 1 && typeof value !== 'boolean')) {
      throw new ServerError('BadValue', `stand-in: unknown projection of ${field}`)
    }
  }
  const rest = entries.filter(([field]) => field !== '_id')
  const including = rest.some(([, value]) => Boolean(value))
  if (including && rest.some(([, value]) => !value)) {
    throw new ServerError('BadValue', 'Cannot do exclusion in inclusion projection')
  }
  const named = new Set(rest.map(([field]) => field))
  const withId = projection?.['_id'] === undefined || Boolean(projection['_id'])
  return (doc) => {
    const shown: Doc = {}
    for (const [field, value] of Object.entries(doc)) {
      const wanted = field === '_id' ? withId : rest.length === 0 ? !withId : named.has(field) === including
      if (wanted) shown[field] = value
    }
    return shown
  }
}

/** Key of a document under the first `length` fields of an index. */
export function indexKey(fields: readonly string[], doc: Doc, length = fields.length): string {
  let key = ''
  for (const field of fields.slice(0, length)) {
    const value = valueAt(doc, field)
    if (Array.isArray(value)) throw new ServerError('BadValue', `stand-in: index over an array in ${field}`)
    key += `${keyOf(value)}\u0000`
  }
  return key
}
