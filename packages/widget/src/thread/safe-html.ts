/**
 * What the HTML of a comment may hold: tag by tag, its attributes. The server's own list, which a test compares with
 * this one.
 */
export const allowed: { readonly [tag: string]: readonly string[] } = {
  p: [],
  br: [],
  hr: [],
  h3: [],
  h4: [],
  h5: [],
  h6: [],
  blockquote: [],
  ul: [],
  ol: ['start'],
  li: [],
  pre: [],
  code: ['class'],
  em: [],
  strong: [],
  del: [],
  a: ['href', 'rel', 'title'],
  table: [],
  thead: [],
  tbody: [],
  tr: [],
  th: ['align'],
  td: ['align'],
}

/** What each attribute may say. `rel` is not read: every link gets the same. */
export const allowedValues: { readonly [attribute: string]: RegExp } = {
  href: /^(?:https?:\/\/[^/?#\s]|mailto:)[^\s"<>\\]*$/,
  title: /^[^]{1,300}$/,
  start: /^[0-9]{1,9}$/,
  class: /^language-[a-z0-9][a-z0-9+#.-]{0,29}$/,
  align: /^(?:left|center|right)$/,
}

/** Links of readers earn no rank, get no handle on the page and tell nobody where they were followed. */
export const linkRel = 'nofollow ugc noopener noreferrer'

/** Deepest nesting that is built; what is deeper stands beside it. The server's own limit is far below. */
const maxDepth = 100
const empty = new Set(['br', 'hr'])
// A tag or nothing. The server escapes every other `<`.
const tagPattern = /<(\/?)([a-z][a-z0-9]*)((?: [a-z]+="[^"<>]*")*) ?\/?>/g
const attributePattern = / ([a-z]+)="([^"]*)"/g
const entities: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"' }

/**
 * Builds nodes from the server's HTML of a comment: the only way comment text becomes elements. It knows the closed,
 * well-formed output of the server's renderer and nothing else; a tag that is not in the list shows the text in it, and
 * whatever is not a tag is text. No HTML parser runs, so there is none to disagree with, and a page that enforces
 * Trusted Types needs no exception.
 *
 * @param html `html` of a comment
 * @param page makes the nodes
 */
export function safeHtml(html: string, page: Document): DocumentFragment {
  const fragment = page.createDocumentFragment()
  /** Open elements, innermost last. A tag that is left out stands for its parent. */
  const open: { tag: string; node: Node }[] = []
  let at = 0

  function top(): Node {
    return open.at(-1)?.node ?? fragment
  }

  function text(end: number): void {
    if (end > at) top().appendChild(page.createTextNode(unescape(html.slice(at, end))))
  }

  for (const match of html.matchAll(tagPattern)) {
    const [whole, slash, tag = '', attributes = ''] = match
    text(match.index)
    at = match.index + whole.length
    if (slash) {
      const index = open.findLastIndex((entry) => entry.tag === tag)
      if (index >= 0) open.length = index
      continue
    }
    const names = Object.hasOwn(allowed, tag) ? allowed[tag] : undefined
    const node = names && open.length < maxDepth ? top().appendChild(element(page, tag, names, attributes)) : top()
    if (!empty.has(tag)) open.push({ tag, node })
  }
  text(html.length)
  return fragment
}

function element(page: Document, tag: string, names: readonly string[], attributes: string): Element {
  const node = page.createElement(tag)
  for (const [, name = '', raw = ''] of attributes.matchAll(attributePattern)) {
    const value = unescape(raw)
    if (names.includes(name) && allowedValues[name]?.test(value)) node.setAttribute(name, value)
  }
  if (tag === 'a') node.setAttribute('rel', linkRel)
  return node
}

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => entities[name] ?? '')
}
