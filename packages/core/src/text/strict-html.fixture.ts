import { allowedTags, allowedValues } from './allowed.ts'

import type { AllowedAttribute, AllowedTag } from './allowed.ts'

/** An element or a piece of text, as a reader of the narrow HTML sees it. */
export type StrictNode = string | StrictElement

export interface StrictElement {
  readonly tag: AllowedTag
  readonly attributes: { readonly [name: string]: string }
  readonly children: StrictNode[]
}

const openTag = /<([a-z][a-z0-9]*)((?: [a-z]+="[^"<>]*")*)( \/)?>/y
const closeTag = /<\/([a-z][a-z0-9]*)>/y
const attribute = / ([a-z]+)="([^"]*)"/y
const chunk = /[^<]+/y
const voids: ReadonlySet<string> = new Set(['br', 'hr'])

/** Elements and their allowed parents and children, where HTML's own parser would move them about. */
const parents: { readonly [tag in AllowedTag]?: readonly string[] } = {
  li: ['ul', 'ol'],
  thead: ['table'],
  tbody: ['table'],
  tr: ['thead', 'tbody'],
  th: ['tr'],
  td: ['tr'],
}
const inline: ReadonlySet<string> = new Set(['a', 'em', 'strong', 'del', 'code', 'br'])

/**
 * Reads HTML that holds to the letter of `allowed.ts`, and throws at the first character that does not. It knows
 * nothing of what the renderer does, so it can be the judge of it.
 */
export function parseStrict(html: string): StrictNode[] {
  const root: StrictNode[] = []
  const open: StrictElement[] = []
  let position = 0

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = position
    const match = pattern.exec(html)
    if (match !== null) position = pattern.lastIndex
    return match
  }

  function fail(what: string): never {
    throw new Error(`${what} at ${position}: ${html.slice(Math.max(0, position - 60), position + 60)}`)
  }

  while (position < html.length) {
    const siblings = open.at(-1)?.children ?? root
    const text = take(chunk)
    if (text !== null) {
      siblings.push(decode(text[0], fail))
      continue
    }
    const closing = take(closeTag)
    if (closing !== null) {
      if (open.pop()?.tag !== closing[1]) fail('a tag closes what is not open')
      continue
    }
    const opening = take(openTag)
    if (opening === null) return fail('not a tag')
    const [, name = '', written = '', end] = opening
    if (!isAllowedTag(name)) return fail(`<${name}> is not allowed`)
    if ((end !== undefined) !== voids.has(name)) fail(`<${name}> is not closed as it should be`)
    const parent = open.at(-1)?.tag ?? ''
    const wanted = parents[name]
    if (wanted !== undefined && !wanted.includes(parent)) fail(`<${name}> stands in <${parent}>`)
    if (!inline.has(name) && (inline.has(parent) || parent === 'p')) fail(`<${name}> stands in <${parent}>`)
    if (name === 'a' && open.some((element) => element.tag === 'a')) fail('a link in a link')
    const element: StrictElement = { tag: name, attributes: readAttributes(name, written, fail), children: [] }
    siblings.push(element)
    if (end === undefined) open.push(element)
    if (open.length > 40) fail('nested too deep')
  }
  if (open.length > 0) fail('not everything is closed')
  return root
}

function isAllowedTag(name: string): name is AllowedTag {
  return Object.hasOwn(allowedTags, name)
}

function isAllowedAttribute(tag: AllowedTag, name: string): name is AllowedAttribute {
  const allowed: readonly string[] = allowedTags[tag]
  return allowed.includes(name)
}

function readAttributes(tag: AllowedTag, written: string, fail: (what: string) => never): { [name: string]: string } {
  const attributes: { [name: string]: string } = {}
  attribute.lastIndex = 0
  for (let match = attribute.exec(written); match !== null; match = attribute.exec(written)) {
    const [, name = '', raw = ''] = match
    const value = decode(raw, fail)
    if (!isAllowedAttribute(tag, name)) return fail(`${name} is not allowed on <${tag}>`)
    if (Object.hasOwn(attributes, name)) fail(`${name} stands twice`)
    if (!allowedValues[name].test(value)) fail(`${name} must not be ${value}`)
    attributes[name] = value
  }
  if (tag === 'a') {
    const url = URL.parse(attributes['href'] ?? '')
    if (url === null || !['http:', 'https:', 'mailto:'].includes(url.protocol)) fail('a link leads nowhere good')
    if (url?.href !== attributes['href'] || url?.username !== '') fail('a browser reads the address another way')
    if (attributes['rel'] === undefined) fail('a link without rel')
  }
  return attributes
}

function decode(text: string, fail: (what: string) => never): string {
  if (/[>"<]|&(?!(?:amp|lt|gt|quot);)/.test(text)) fail('a character that is not escaped')
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    fail('a character that must not be shown')
  }
  return text
    .replace(/&quot;/g, '"')
    .replace(/&gt;/g, '>')
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&')
}

/** All text of the nodes, one after the other. */
export function textOf(nodes: readonly StrictNode[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : textOf(node.children))).join('')
}

/** All elements of a name. */
export function elementsOf(nodes: readonly StrictNode[], tag: AllowedTag): StrictElement[] {
  return nodes.flatMap((node) =>
    typeof node === 'string' ? [] : [...(node.tag === tag ? [node] : []), ...elementsOf(node.children, tag)],
  )
}
