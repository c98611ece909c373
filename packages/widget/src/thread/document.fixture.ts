/** The little of a document that building comment text needs, written out again as HTML. */
export interface TestNode {
  appendChild(child: TestNode): TestNode
  setAttribute(name: string, value: string): void
  toString(): string
  /** Names of all elements inside, with their attributes. */
  elements(): { readonly tag: string; readonly attributes: ReadonlyMap<string, string> }[]
}

const entities: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character] ?? '')

function node(tag: string | null, text: string): TestNode {
  const children: TestNode[] = []
  const attributes = new Map<string, string>()
  return {
    appendChild(child) {
      children.push(child)
      return child
    },
    setAttribute: (name, value) => void attributes.set(name, value),
    toString() {
      const inner = escape(text) + children.map(String).join('')
      if (tag === null) return inner
      // The server writes attributes in the order of the alphabet.
      const own = [...attributes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ` ${name}="${escape(value)}"`)
        .join('')
      return tag === 'br' || tag === 'hr' ? `<${tag}${own} />` : `<${tag}${own}>${inner}</${tag}>`
    },
    elements: () => [...(tag === null ? [] : [{ tag, attributes }]), ...children.flatMap((child) => child.elements())],
  }
}

/** Stands for `document`. */
export const testDocument = {
  createDocumentFragment: () => node(null, ''),
  createTextNode: (text: string) => node(null, text),
  createElement: (tag: string) => node(tag, ''),
} as unknown as Document
