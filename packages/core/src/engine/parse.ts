import type { z } from 'zod'
import { ConfabError } from './errors.ts'

/** Fields that one answer names, and how long their names may be: an answer must not be larger than what it answers. */
const maxFields = 20
const maxNameLength = 100

interface Field {
  readonly field: string
  readonly message: string
}

/**
 * The one way from what came in to what is trusted.
 * @param name how the value as a whole is called in messages
 * @throws ConfabError `invalid` with every field that is wrong
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, name = 'body'): T {
  const result = schema.safeParse(value, { reportInput: true })
  if (result.success) return result.data
  const byName = new Map<string, Field>()
  for (const field of result.error.issues.flatMap((issue) => fieldsOf(issue, name))) {
    if (byName.size < maxFields && !byName.has(field.field)) byName.set(field.field, field)
  }
  const fields = [...byName.values()]
  const [first] = fields
  throw new ConfabError('invalid', first ? `\`${first.field}\` ${first.message}` : 'The input is not valid', {
    details: { fields },
  })
}

function fieldsOf(issue: z.core.$ZodIssue, name: string): Field[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, maxFields).map((key) => ({
      field: shortName(path ? `${path}.${key}` : key),
      message: 'is not known here',
    }))
  }
  return [{ field: shortName(path || name), message: messageOf(issue) }]
}

function shortName(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength).toWellFormed()}...`
}

/** The library's own sentences speak of types; these say what to do. */
function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is needed' : `must be ${article(issue.expected)}`
    case 'too_big':
      return issue.message.startsWith('must') ? issue.message : `must be at most ${issue.maximum}${unitOf(issue)}`
    case 'too_small':
      if (issue.message.startsWith('must')) return issue.message
      return issue.origin === 'string' && issue.minimum === 1
        ? 'must not be empty'
        : `must be at least ${issue.minimum}${unitOf(issue)}`
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    default:
      return issue.message
  }
}

function unitOf({ origin }: { readonly origin: string }): string {
  if (origin === 'string') return ' characters long'
  return origin === 'array' ? ' long' : ''
}

function article(type: string): string {
  if (type === 'int') return 'a whole number'
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}
