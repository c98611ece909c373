import { cleanText, safeLink } from '@confab/core'
import { blocksOf } from './html/blocks.ts'
import type { Block, CodeBlock, List, Quote } from './html/blocks.ts'
import type { InlineNode, Span } from './html/inline.ts'
import { readHtml } from './html/read-html.ts'
import type { HtmlAttributes, HtmlListener } from './html/read-html.ts'

/** Deepest nesting of quotes and lists. Deeper ones lose their form and keep their words. */
const maxContainers = 6
/** Deepest nesting of emphasis and links; deeper ones lose their form. */
const maxSpans = 6

const spanKinds: ReadonlyMap<string, Exclude<Span['kind'], 'link'>> = new Map([
  ['b', 'strong'],
  ['strong', 'strong'],
  ['i', 'em'],
  ['em', 'em'],
  ['del', 'del'],
  ['s', 'del'],
  ['strike', 'del'],
])

/** Elements that stand on lines of their own. What is not named here is part of a line. */
const blockTags: ReadonlySet<string> = new Set(
  (
    'address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure ' +
    'footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol p pre section summary table tbody ' +
    'tfoot thead tr ul'
  ).split(' '),
)

/**
 * Markdown with the meaning of a comment's HTML: paragraphs, line ends, emphasis, code, quotes, lists and links. An
 * image becomes a link to it, any other element its text, and scripts and styles nothing.
 *
 * Rendered as a comment, the words are those of the HTML and nothing is more than it was there: whatever could be
 * Markdown in the text is escaped. The text is clean as `cleanText` makes it. Line ends count when there is no element
 * that makes lines, as in exports of systems that add those when they show a comment. The time is linear in the length.
 *
 * @example
 * ```ts
 * htmlToMarkdown('<p>2 * 2 is <b>4</b></p>') // '2 \\* 2 is **4**'
 * ```
 */
export function htmlToMarkdown(html: string): string {
  const builder = createBuilder(/<(?:p|br|div)\b/i.test(html))
  readHtml(html, builder)
  return builder.end()
}

interface Builder extends HtmlListener {
  end(): string
}

function createBuilder(hasLines: boolean): Builder {
  const root: Block[] = []
  /** Quotes and lists that are open, outermost first; the last block of the innermost list item grows. */
  const containers: (Quote | List)[] = []
  /** Containers that are open and too deep to count. */
  let tooDeep = 0
  let nodes: InlineNode[] = []
  /** Spans that are open, outermost first. */
  let spans: Span[] = []
  let pre: CodeBlock | null = null
  let code: string | null = null

  function here(): InlineNode[] {
    return spans.at(-1)?.children ?? nodes
  }

  function blocks(): Block[] {
    const container = containers.at(-1)
    if (container === undefined) return root
    if (container.kind === 'quote') return container.blocks
    const item = container.items.at(-1)
    if (item !== undefined) return item
    const first: Block[] = []
    container.items.push(first)
    return first
  }

  /** Ends the paragraph. Spans that are open go on in the next one. */
  function endParagraph(): void {
    endCode()
    if (nodes.length > 0) blocks().push({ kind: 'paragraph', nodes })
    nodes = []
    const open = spans
    spans = []
    for (const { kind, href } of open) openSpan(kind, href)
  }

  function openSpan(kind: Span['kind'], href: string): void {
    const span: Span = { kind, href, children: [] }
    here().push(span)
    spans.push(span)
  }

  function closeSpan(kind: Span['kind']): void {
    const index = spans.findLastIndex((span) => span.kind === kind)
    if (index < 0) return
    const inner = spans.slice(index + 1)
    spans = spans.slice(0, index)
    // Tags that cross, as browsers read them: what was inside goes on behind.
    for (const span of inner) openSpan(span.kind, span.href)
  }

  function endCode(): void {
    if (code !== null) here().push({ kind: 'code', text: code })
    code = null
  }

  function endPre(): void {
    if (pre === null) return
    blocks().push(pre)
    pre = null
  }

  function openContainer(container: Quote | List): void {
    if (containers.length >= maxContainers) {
      tooDeep++
      return
    }
    blocks().push(container)
    containers.push(container)
  }

  function closeContainer(matches: (container: Quote | List) => boolean): void {
    if (tooDeep > 0) {
      tooDeep--
      return
    }
    const index = containers.findLastIndex(matches)
    if (index >= 0) containers.length = index
  }

  function addImage(attributes: HtmlAttributes): void {
    const alt = clean(attributes.get('alt') ?? '').trim()
    const href = safeLink((attributes.get('src') ?? '').trim())
    const inLink = spans.some((span) => span.kind === 'link')
    // A picture of a character is that character.
    const emoji = /\b(?:emoji|wp-smiley)\b/.test(attributes.get('class') ?? '')
    if (href === null || inLink || (emoji && alt !== '')) here().push(alt)
    else here().push({ kind: 'link', href, children: [alt || href] })
  }

  function openInline(name: string, attributes: HtmlAttributes): void {
    const kind = spanKinds.get(name)
    if (name === 'br') here().push({ kind: 'break' })
    else if (name === 'img') addImage(attributes)
    else if (name === 'code') code = ''
    else if (name === 'td' || name === 'th') here().push(' ')
    else if (spans.length >= maxSpans) return
    else if (name === 'a' && !spans.some((span) => span.kind === 'link')) {
      const href = safeLink((attributes.get('href') ?? '').trim())
      if (href !== null) openSpan('link', href)
    } else if (kind !== undefined && !spans.some((span) => span.kind === kind)) openSpan(kind, '')
  }

  function openBlock(name: string, attributes: HtmlAttributes): void {
    endParagraph()
    if (name === 'pre') pre = { kind: 'code', language: languageOf(attributes), text: '' }
    else if (name === 'blockquote') openContainer({ kind: 'quote', blocks: [] })
    else if (name === 'ul' || name === 'ol') {
      const start = /^\d{1,8}$/.test(attributes.get('start') ?? '') ? Number(attributes.get('start')) : 1
      openContainer({ kind: 'list', ordered: name === 'ol', start, items: [] })
    } else if (name === 'li') {
      // The end of an item need not be written: what is open inside the list is inside the item before.
      const index = containers.findLastIndex((container) => container.kind === 'list')
      const list = containers[index]
      if (list?.kind !== 'list') return
      containers.length = index + 1
      list.items.push([])
    }
  }

  function addText(text: string): void {
    if (hasLines) {
      here().push(text.replace(/[\t\n ]+/g, ' '))
      return
    }
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) here().push({ kind: 'break' })
      here().push(line.replace(/[\t ]+/g, ' '))
    }
  }

  return {
    open(name, attributes) {
      if (pre !== null) {
        if (name === 'br') pre.text += '\n'
        else if (name === 'code' && pre.text === '' && pre.language === '') {
          pre = { kind: 'code', language: languageOf(attributes), text: '' }
        }
      } else if (blockTags.has(name)) openBlock(name, attributes)
      else if (code !== null) {
        if (name === 'br') code += '\n'
      } else openInline(name, attributes)
    },

    close(name) {
      if (pre !== null) {
        if (name === 'pre') endPre()
        return
      }
      if (name === 'code') endCode()
      else if (blockTags.has(name)) {
        endParagraph()
        if (name === 'blockquote') closeContainer((container) => container.kind === 'quote')
        else if (name === 'ul' || name === 'ol') {
          closeContainer((container) => container.kind === 'list' && container.ordered === (name === 'ol'))
        }
      } else {
        const kind = name === 'a' ? 'link' : spanKinds.get(name)
        if (kind !== undefined && code === null) closeSpan(kind)
      }
    },

    text(raw) {
      const text = clean(raw)
      if (pre !== null) pre.text += text
      else if (code !== null) code += text
      else addText(text)
    },

    end() {
      endPre()
      endParagraph()
      return blocksOf(root)
    },
  }
}

/** One text without characters that `cleanText` would take away later, when they no longer keep others apart. */
function clean(text: string): string {
  // Most text is plain ASCII, and nothing of that is unclean.
  return /^[\n\t -~]*$/.test(text) ? text : cleanText(text).replaceAll('\ufeff', '')
}

function languageOf(attributes: HtmlAttributes): string {
  return /(?:^|\s)lang(?:uage)?-([a-z0-9][a-z0-9+#.-]{0,29})(?:\s|$)/i.exec(attributes.get('class') ?? '')?.[1] ?? ''
}
