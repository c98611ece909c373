import { allowedValues, linkRel } from './allowed.ts'
import { displayText } from './display.ts'

import type { AllowedAttribute, AllowedTag } from './allowed.ts'
import type { Token } from 'markdown-it'

/** Deepest nesting of inline elements. What is deeper loses its formatting, never its words. */
const maxInlineDepth = 8
/** Addresses and titles that reference links repeat, in characters per comment; links after that are plain text. */
const maxRepeated = 20_000

// A comment's headings belong under those of the page, which has at least a title and one for the comments.
const headings: { readonly [tag: string]: AllowedTag } = { h1: 'h3', h2: 'h4', h3: 'h5' }
const blocks: { readonly [type: string]: AllowedTag } = {
  paragraph: 'p',
  blockquote: 'blockquote',
  bullet_list: 'ul',
  ordered_list: 'ol',
  list_item: 'li',
  table: 'table',
  thead: 'thead',
  tbody: 'tbody',
  tr: 'tr',
  th: 'th',
  td: 'td',
}
const spans: { readonly [type: string]: AllowedTag } = { em: 'em', strong: 'strong', s: 'del', link: 'a' }
/** Elements that hold other blocks: their tags stand on lines of their own. */
const containers: ReadonlySet<string> = new Set(['blockquote', 'ul', 'ol', 'table', 'thead', 'tbody', 'tr'])

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}

function tag(name: AllowedTag, attributes: readonly [AllowedAttribute, string][] = []): string {
  let html = `<${name}`
  for (const [attribute, value] of attributes) {
    if (allowedValues[attribute].test(value)) html += ` ${attribute}="${escapeHtml(value)}"`
  }
  return html
}

/**
 * HTML of parsed Markdown, in the narrow form that {@link allowedTags} describes. A token of an unknown kind shows
 * its text and nothing else, so a new rule in the parser can never bring a new tag.
 *
 * @param tokens what the parser made
 * @param info reads escapes and entities in the first line of a code block
 */
export function renderTokens(tokens: readonly Token[], info: (line: string) => string): string {
  let html = ''
  let lineStart = true
  let repeated = 0

  function line(text: string): void {
    if (!lineStart) html += '\n'
    html += text
    lineStart = false
  }

  function endLine(text: string): void {
    html += `${text}\n`
    lineStart = true
  }

  function openBlock(name: AllowedTag, token: Token): void {
    const attributes: [AllowedAttribute, string][] = []
    if (name === 'ol') attributes.push(['start', String(token.attrGet('start') ?? '')])
    if (name === 'th' || name === 'td') {
      attributes.push(['align', String(token.attrGet('style') ?? '').replace('text-align:', '')])
    }
    line(`${tag(name, attributes)}>`)
    if (containers.has(name)) endLine('')
  }

  function closeBlock(name: AllowedTag): void {
    if (containers.has(name)) line('')
    endLine(`</${name}>`)
  }

  function code(token: Token): void {
    const language =
      info(token.info)
        .trim()
        .toLowerCase()
        .replace(/^language-/, '')
        .split(/\s/, 1)[0] ?? ''
    const attributes: [AllowedAttribute, string][] = language === '' ? [] : [['class', `language-${language}`]]
    line(`${tag('pre')}>${tag('code', attributes)}>${escapeHtml(displayText(token.content, false))}</code>`)
    endLine('</pre>')
  }

  function linkTag(token: Token, source: 'href' | 'src'): string | null {
    const href = String(token.attrGet(source) ?? '')
    const title = displayText(String(token.attrGet('title') ?? ''), false)
    // A short reference can stand for a long address any number of times.
    if (token.meta !== null) repeated += href.length + title.length
    if (repeated > maxRepeated || !allowedValues.href.test(href)) return null
    return `${tag('a', [
      ['href', href],
      ['rel', linkRel],
      ['title', title],
    ])}>`
  }

  function inline(children: readonly Token[]): void {
    // Tags opened and not closed yet; '' for one that is left out.
    const open: { type: string; closing: string }[] = []
    let depth = 0
    let links = 0

    function closeTop(): void {
      const top = open.pop()
      if (top === undefined) return
      html += top.closing
      if (top.closing !== '') depth--
      if (top.closing === '</a>') links--
    }

    function openSpan(type: string, name: AllowedTag, token: Token): void {
      let opening: string | null = null
      if (depth < maxInlineDepth) {
        if (name !== 'a') opening = `${tag(name)}>`
        else if (links === 0) opening = linkTag(token, 'href')
      }
      open.push({ type, closing: opening === null ? '' : `</${name}>` })
      if (opening === null) return
      html += opening
      depth++
      if (name === 'a') links++
    }

    function closeSpan(type: string): void {
      if (!open.some((span) => span.type === type)) return
      while (open.at(-1)?.type !== type) closeTop()
      closeTop()
    }

    function image(token: Token): void {
      const text = plainInline(token.children ?? []) || String(token.attrGet('src') ?? '')
      const opening = links === 0 && depth < maxInlineDepth ? linkTag(token, 'src') : null
      const shown = escapeHtml(displayText(text, false))
      html += opening === null ? shown : `${opening}${shown}</a>`
    }

    for (const token of children) {
      const type = token.type.replace(/_(?:open|close)$/, '')
      const span = spans[type]
      if (span !== undefined && token.nesting === 1) openSpan(type, span, token)
      else if (span !== undefined && token.nesting === -1) closeSpan(type)
      else if (token.type === 'softbreak' || token.type === 'hardbreak') html += '<br />\n'
      else if (token.type === 'code_inline') html += `<code>${escapeHtml(displayText(token.content, false))}</code>`
      else if (token.type === 'image') image(token)
      else html += escapeHtml(displayText(token.content, links === 0))
    }
    while (open.length > 0) closeTop()
    lineStart = false
  }

  for (const token of tokens) {
    if (token.hidden) continue
    const type = token.type.replace(/_(?:open|close)$/, '')
    const block = type === 'heading' ? (headings[token.tag] ?? 'h6') : blocks[type]
    if (block !== undefined && token.nesting === 1) openBlock(block, token)
    else if (block !== undefined && token.nesting === -1) closeBlock(block)
    else if (type === 'inline') inline(token.children ?? [])
    else if (type === 'fence' || type === 'code_block') code(token)
    else if (type === 'hr') {
      line(`${tag('hr')} />`)
      endLine('')
    } else if (token.content !== '') {
      line(`<p>${escapeHtml(displayText(token.content, true))}`)
      endLine('</p>')
    }
  }
  return html
}

/** The words of an image's description, without their formatting. */
function plainInline(tokens: readonly Token[]): string {
  let text = ''
  for (const token of tokens) {
    if (token.children !== null) text += plainInline(token.children)
    else if (token.type === 'softbreak' || token.type === 'hardbreak') text += ' '
    else text += token.content
  }
  return text
}
