/** Builds Disqus exports for tests. */

export function disqusFile(content: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
${content}
</disqus>`
}

export function thread(
  options: {
    readonly id?: string
    readonly link?: string
    readonly identifier?: string
    readonly title?: string
    readonly closed?: boolean
    readonly deleted?: boolean
  } = {},
): string {
  const { id = '101', link = 'https://example.com/a/', identifier = '', title = 'A page' } = options
  return `<thread dsq:id="${id}"><id>${identifier}</id><link>${link}</link><title>${title}</title><createdAt>2020-09-13T12:26:40Z</createdAt><isClosed>${options.closed === true}</isClosed><isDeleted>${options.deleted === true}</isDeleted></thread>`
}

export function post(options: {
  readonly id: string
  readonly thread?: string
  readonly parent?: string
  readonly message?: string
  readonly createdAt?: string
  readonly author?: string
  readonly deleted?: boolean
  readonly spam?: boolean
}): string {
  const { id, thread: of = '101', message = '<p>Hello</p>', createdAt = '2020-09-13T12:26:50Z' } = options
  const { author = '<name>Ann</name><email>ann@example.com</email>', parent } = options
  const text = message.includes('<p>') ? `<![CDATA[${message}]]>` : message
  return `<post dsq:id="${id}"><message>${text}</message><createdAt>${createdAt}</createdAt><isDeleted>${options.deleted === true}</isDeleted><isSpam>${options.spam === true}</isSpam><author>${author}</author><thread dsq:id="${of}"/>${parent === undefined ? '' : `<parent dsq:id="${parent}"/>`}</post>`
}
