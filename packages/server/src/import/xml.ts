import { TextDecoder } from 'node:util'
import sax from 'sax'
import { ServerError } from '../errors.ts'

/** One element with the text and the attributes that stand directly in it, and the first child of each name. */
export interface XmlElement {
  readonly name: string
  /** Line of the opening tag, from 1. */
  readonly line: number
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
  /** `text` is only the beginning. */
  readonly cut: boolean
  readonly children: ReadonlyMap<string, XmlElement>
}

interface OpenElement {
  name: string
  line: number
  attributes: Map<string, string>
  text: string
  cut: boolean
  children: Map<string, OpenElement>
}

const maxDepth = 32
const maxAttributes = 64
/** Longest text kept of one element, in UTF-16 code units. The rest is read and dropped. */
const maxText = 256 * 1024
const maxAttribute = 1024
const maxChildren = 64
/** Bytes parsed at once: what the parser holds back between checks is at most this. */
const pieceSize = 64 * 1024

/**
 * The elements below the root whose name is in `take`, as they stream by; all others are read and dropped.
 *
 * The file is not trusted. Only one element under the root is in memory at a time, depth, attributes and texts are
 * limited, and a file with a DTD is refused: nothing declared in a file is ever expanded or fetched. The parser is
 * strict, because a parser that repairs would turn half a file into half an import.
 *
 * @throws ServerError `file_invalid` that names the line
 */
export async function* readXml(
  bytes: AsyncIterable<Uint8Array>,
  options: { readonly root: string; readonly title: string; readonly take: readonly string[] },
): AsyncGenerator<XmlElement> {
  const parser = sax.parser(true, { xmlns: false, position: true })
  const finished: XmlElement[] = []
  const stack: (OpenElement | null)[] = []
  const fail = (problem: string, line = parser.line + 1): never => {
    throw new ServerError(
      'file_invalid',
      `This is no complete ${options.title}: ${problem} (line ${line}). Nothing was written.`,
    )
  }

  let sawRoot = false
  let attributes = 0
  let tagLine = 1
  parser.onopentagstart = () => {
    attributes = 0
    tagLine = parser.line + 1
  }
  parser.onattribute = () => {
    attributes += 1
    if (attributes > maxAttributes) fail('a tag has too many attributes')
  }
  parser.onopentag = (tag) => {
    const depth = stack.length
    if (depth >= maxDepth) fail('tags are nested too deep')
    if (depth === 0 && tag.name !== options.root) fail(`it starts with <${tag.name.slice(0, 40)}>`, tagLine)
    if (depth === 0 && sawRoot) fail('a second document begins', tagLine)
    sawRoot = true
    const parent = stack[depth - 1]
    // The root itself and everything outside of `take` is not kept.
    const kept = depth > 0 && (depth === 1 ? options.take.includes(tag.name) : parent != null)
    if (!kept) {
      stack.push(null)
      return
    }
    const element: OpenElement = {
      name: tag.name,
      line: tagLine,
      attributes: new Map(),
      text: '',
      cut: false,
      children: new Map(),
    }
    for (const [name, value] of Object.entries(tag.attributes)) {
      if (typeof value === 'string') element.attributes.set(name, value.slice(0, maxAttribute))
    }
    if (parent != null && !parent.children.has(tag.name) && parent.children.size < maxChildren) {
      parent.children.set(tag.name, element)
    }
    stack.push(element)
  }
  const onText = (text: string): void => {
    const element = stack.at(-1)
    if (element == null || element.cut) return
    const room = maxText - element.text.length
    element.cut = text.length > room
    element.text += element.cut ? text.slice(0, room) : text
  }
  parser.ontext = onText
  parser.oncdata = onText
  parser.onclosetag = () => {
    const element = stack.pop()
    if (element != null && stack.length === 1) finished.push(element)
  }
  parser.ondoctype = () => fail('it declares a document type, which no such export does')
  parser.onprocessinginstruction = (node) => {
    const encoding = node.name === 'xml' ? /encoding\s*=\s*["']([^"']+)["']/.exec(node.body)?.[1] : undefined
    if (encoding !== undefined && !/^(?:utf-?8|us-ascii|utf-?16(?:le|be)?)$/i.test(encoding)) {
      fail(`it is written in ${encoding.slice(0, 40)}; convert it to UTF-8`)
    }
  }
  parser.onerror = (error) => {
    const problem = error.message.split('\n', 1)[0] ?? ''
    // An unknown `&name;`, a control character by number or a bare `&`: the text stays as it is written.
    if (problem === 'Invalid character entity' || problem === 'Invalid character in entity name') {
      parser.resume()
      return
    }
    fail(describe(problem))
  }

  for await (const piece of decodeXml(bytes)) {
    parser.write(piece)
    if (finished.length > 0) yield* finished.splice(0)
  }
  parser.close()
  if (!sawRoot) fail('it is empty')
}

/** What the parser found, in the words of somebody who only has a file. */
function describe(problem: string): string {
  const known = problems.find(([start]) => problem.startsWith(start))
  return known?.[1] ?? problem.replace(/[.\s]+$/, '').replace(/^[A-Z]/, (letter) => letter.toLowerCase())
}

const problems: readonly (readonly [start: string, words: string])[] = [
  ['Unclosed root tag', 'it ends in the middle'],
  ['Unexpected end', 'it ends in the middle'],
  ['Non-whitespace before first tag', 'text stands before the first tag'],
  ['Text data outside of root node', 'text stands behind the last tag'],
  ['Max buffer length exceeded', 'a tag or a comment has no end'],
]

/** The file's text in pieces, in the encoding that its first bytes show. */
async function* decodeXml(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null
  for await (const chunk of bytes) {
    decoder ??= new TextDecoder(encodingOf(chunk))
    for (let from = 0; from < chunk.length; from += pieceSize) {
      const text = decoder.decode(chunk.subarray(from, from + pieceSize), { stream: true })
      if (text !== '') yield text
    }
  }
  const rest = decoder?.decode() ?? ''
  if (rest !== '') yield rest
}

function encodingOf(start: Uint8Array): string {
  const [a, b] = start
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0x00)) return 'utf-16le'
  if ((a === 0xfe && b === 0xff) || (a === 0x00 && b === 0x3c)) return 'utf-16be'
  return 'utf-8'
}
