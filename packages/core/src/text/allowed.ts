/**
 * Everything that the HTML of a comment can hold: tag by tag, the attributes that tag may carry.
 *
 * {@link renderMarkdown} writes nothing else, and writes it strictly: every element is closed or ends in ` />`,
 * attribute values stand in double quotes, and the only entities are `&amp;`, `&lt;`, `&gt;` and `&quot;`. So a
 * reader needs no HTML parser to build nodes from it, and can refuse whatever is not in this list.
 *
 * @example
 * ```ts
 * allowedTags.a // ['href', 'rel', 'title']
 * ```
 */
export const allowedTags = {
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
} as const satisfies { [tag: string]: readonly string[] }

/** Name of an element that the HTML of a comment can hold. */
export type AllowedTag = keyof typeof allowedTags

/** Name of an attribute that the HTML of a comment can hold. */
export type AllowedAttribute = (typeof allowedTags)[AllowedTag][number]

/** The whole value of `rel` on every link: readers' links earn no rank and get no handle on the page. */
export const linkRel = 'nofollow ugc noopener noreferrer'

/**
 * What the value of each attribute looks like, decoded. `title` is free text.
 *
 * @example
 * ```ts
 * allowedValues.href.test('https://example.com/') // true
 * ```
 */
export const allowedValues: { readonly [attribute in AllowedAttribute]: RegExp } = {
  href: /^(?:https?:\/\/[^/?#\s]|mailto:)[^\s"<>\\]*$/,
  rel: /^nofollow ugc noopener noreferrer$/,
  title: /^[^]{1,300}$/,
  start: /^[0-9]{1,9}$/,
  class: /^language-[a-z0-9][a-z0-9+#.-]{0,29}$/,
  align: /^(?:left|center|right)$/,
}
