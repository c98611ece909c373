import { deserialize, serialize } from 'bson'
import { applyOperators, applyPipeline } from './mingo.fixture.ts'
import { ServerError } from './errors.fixture.ts'
import { fixedValues } from './match.fixture.ts'
import { isPlain, keyOf } from './values.fixture.ts'
import type { Doc } from './wire.fixture.ts'

const OPERATORS = new Set([
  '$set',
  '$unset',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$push',
  '$pull',
  '$addToSet',
  '$setOnInsert',
])
const STAGES = new Set(['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'])

function copy(doc: Doc): Doc {
  return deserialize(serialize(doc))
}

function checkOperators(update: Doc): void {
  const touched = new Set<string>()
  for (const [operator, fields] of Object.entries(update)) {
    if (!OPERATORS.has(operator)) {
      throw new ServerError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update`,
      )
    }
    if (!isPlain(fields)) throw new ServerError('FailedToParse', `Modifiers operate on fields but ${operator} has none`)
    for (const [field, operand] of Object.entries(fields)) {
      if (touched.has(field)) {
        throw new ServerError(
          'ConflictingUpdateOperators',
          `Updating the path '${field}' would create a conflict at '${field}'`,
        )
      }
      touched.add(field)
      if (field.split('.').some((part) => part.startsWith('$'))) {
        throw new ServerError(
          'DollarPrefixedFieldName',
          `The dollar ($) prefixed field '${field}' is not valid for storage.`,
        )
      }
      if ((operator === '$inc' || operator === '$mul') && typeof operand !== 'number') {
        throw new ServerError('TypeMismatch', `Cannot ${operator.slice(1)} with non-numeric argument: {${field}}`)
      }
    }
  }
}

/** The document after an update; `before` itself stays as it was. */
export function modified(before: Doc, update: unknown, inserting: boolean): Doc {
  if (Array.isArray(update)) {
    for (const stage of update) {
      const names = isPlain(stage) ? Object.keys(stage) : []
      if (names.length !== 1 || !STAGES.has(names[0] ?? '')) {
        throw new ServerError('InvalidOptions', `${names[0] ?? 'nothing'} is not allowed to be used within an update`)
      }
    }
    const docs = [copy(before)]
    applyPipeline(docs, {}, update, { cloneMode: 'deep' })
    return keepId(before, docs[0] ?? {})
  }
  if (!isPlain(update)) throw new ServerError('FailedToParse', 'Update argument must be either an object or an array')
  const names = Object.keys(update)
  if (names.some((name) => name.startsWith('$'))) {
    checkOperators(update)
    const { $setOnInsert: onInsert, ...rest } = update
    const after = copy(before)
    const all: Doc =
      inserting && isPlain(onInsert)
        ? { ...rest, $set: { ...(isPlain(rest['$set']) ? rest['$set'] : {}), ...onInsert } }
        : rest
    // mingo takes one operator at a time as well as many; an empty one changes nothing.
    for (const [operator, fields] of Object.entries(all)) {
      if (isPlain(fields) && '_id' in fields && !inserting) checkSameId(before, fields['_id'])
      if (isPlain(fields) && Object.keys(fields).length > 0)
        applyOperators(after, { [operator]: fields }, [], {}, { cloneMode: 'deep' })
    }
    return keepId(before, after)
  }
  return keepId(before, { ...(before['_id'] === undefined ? {} : { _id: before['_id'] }), ...copy(update) })
}

function checkSameId(before: Doc, id: unknown): void {
  if (before['_id'] === undefined || keyOf(before['_id']) === keyOf(id)) return
  const message = `Performing an update on the path '_id' would modify the immutable field '_id'`
  throw new ServerError('ImmutableField', message)
}

function keepId(before: Doc, after: Doc): Doc {
  checkSameId(before, after['_id'])
  return after
}

/** The document that an upsert starts from: what the filter says must be equal. */
export function upsertBase(filter: Doc): Doc {
  const base: Doc = {}
  for (const [field, values] of fixedValues(filter)) {
    if (field.includes('.')) throw new ServerError('BadValue', 'stand-in: an upsert by a path')
    if (values.length === 1) base[field] = values[0]
  }
  return base
}

export function changed(before: Doc, after: Doc): boolean {
  const a = serialize(before)
  const b = serialize(after)
  return a.length !== b.length || a.some((byte, i) => byte !== b[i])
}
