import { Tokenizer } from 'htmlparser2'

/** Attributes of a tag, first one wins. Names are in lower case. */
export type HtmlAttributes = ReadonlyMap<string, string>

/** What a piece of HTML says, in order. Tags need not match: whoever listens keeps account. */
export interface HtmlListener {
  /** A tag that opens. Names are in lower case. */
  open(name: string, attributes: HtmlAttributes): void
  close(name: string): void
  /** Decoded text, as much as stands between two tags. */
  text(text: string): void
}

/** Elements whose content is not the text of a comment. */
const dropped: ReadonlySet<string> = new Set([
  'script',
  'style',
  'template',
  'title',
  'iframe',
  'noembed',
  'noframes',
  'noscript',
])

/**
 * Reads HTML as browsers do, tag by tag. The tokenizer alone is used and not the parser around it: that one keeps every
 * open element in a list it searches from one end and fills from the other, so nesting costs it the square.
 */
export function readHtml(html: string, listener: HtmlListener): void {
  let text = ''
  let tag = ''
  let attribute = ''
  let value = ''
  let attributes = new Map<string, string>()
  let droppedTag = ''
  let droppedDepth = 0

  function flush(): void {
    if (text !== '' && droppedDepth === 0) listener.text(text)
    text = ''
  }

  function open(): void {
    flush()
    if (droppedDepth > 0) {
      if (tag === droppedTag) droppedDepth++
    } else if (dropped.has(tag)) {
      droppedTag = tag
      droppedDepth = 1
    } else {
      listener.open(tag, attributes)
    }
  }

  function ignore(): void {
    // Comments, declarations and processing instructions say nothing.
  }

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: (start, end) => {
        text += html.slice(start, end)
      },
      ontextentity: (codePoint) => {
        text += String.fromCodePoint(codePoint)
      },
      onopentagname: (start, end) => {
        tag = html.slice(start, end).toLowerCase()
        attributes = new Map()
      },
      onattribname: (start, end) => {
        attribute = html.slice(start, end).toLowerCase()
        value = ''
      },
      onattribdata: (start, end) => {
        value += html.slice(start, end)
      },
      onattribentity: (codePoint) => {
        value += String.fromCodePoint(codePoint)
      },
      onattribend: () => {
        if (!attributes.has(attribute)) attributes.set(attribute, value)
      },
      onopentagend: open,
      onselfclosingtag: open,
      onclosetag: (start, end) => {
        flush()
        const name = html.slice(start, end).toLowerCase()
        if (droppedDepth === 0) listener.close(name)
        else if (name === droppedTag) droppedDepth--
      },
      oncomment: ignore,
      oncdata: ignore,
      ondeclaration: ignore,
      onprocessinginstruction: ignore,
      onend: flush,
    },
  )
  tokenizer.write(html)
  tokenizer.end()
}
