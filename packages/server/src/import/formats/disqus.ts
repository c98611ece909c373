import type { AuthorEvent, CommentEvent, ImportEvent, ImportFormat, ThreadEvent } from '../events.ts'
import { readXml } from '../xml.ts'
import type { XmlElement } from '../xml.ts'

/**
 * The XML export of Disqus: https://help.disqus.com/en/articles/1717164-comments-export
 *
 * Threads and posts stand side by side under `<disqus>` and name each other by `dsq:id`. What the format lacks: votes,
 * and a state for comments that wait for approval.
 */
export const disqus: ImportFormat = {
  name: 'disqus',
  title: 'Disqus',
  async *read(bytes) {
    for await (const element of readXml(bytes, { root: 'disqus', title: 'Disqus export', take: ['thread', 'post'] })) {
      yield* element.name === 'thread' ? readThread(element) : readPost(element)
    }
  },
}

function* readThread(element: XmlElement): Generator<ImportEvent> {
  const { line } = element
  const ref = idOf(element)
  if (ref === null) {
    yield { kind: 'skip', what: 'thread', ref: null, line, reason: 'it has no id' }
    return
  }
  const thread: ThreadEvent = {
    kind: 'thread',
    ref,
    line,
    url: textOf(element, 'link'),
    identifier: textOf(element, 'id'),
    title: textOf(element, 'title'),
    closed: isTrue(element, 'isClosed'),
    deleted: isTrue(element, 'isDeleted'),
  }
  yield thread
}

function* readPost(element: XmlElement): Generator<ImportEvent> {
  const { line } = element
  const ref = idOf(element)
  const skip = (reason: string): ImportEvent => ({ kind: 'skip', what: 'comment', ref, line, reason })
  if (ref === null) return yield skip('it has no id')
  const thread = idOf(element.children.get('thread'))
  if (thread === null) return yield skip('it names no thread')
  const at = timeOf(textOf(element, 'createdAt'))
  if (at === null) return yield skip('its date cannot be read')
  const deleted = isTrue(element, 'isDeleted')
  if (!deleted && element.children.get('message')?.cut === true) return yield skip('its text is too long')

  const author = readAuthor(element.children.get('author'))
  yield author
  const comment: CommentEvent = {
    kind: 'comment',
    ref,
    line,
    thread,
    parent: idOf(element.children.get('parent')),
    author: author.ref,
    at,
    status: deleted ? 'deleted' : isTrue(element, 'isSpam') ? 'spam' : 'published',
    body: deleted ? '' : (element.children.get('message')?.text ?? ''),
    bodyFormat: 'html',
  }
  yield comment
}

/** Registered people have a user name; guests are told apart by what they typed. */
function readAuthor(element: XmlElement | undefined): AuthorEvent {
  const name = textOf(element, 'name') ?? ''
  const email = textOf(element, 'email')
  const username = textOf(element, 'username')
  const ref = username === null ? `guest\n${name}\n${(email ?? '').toLowerCase()}` : `user\n${username}`
  return { kind: 'author', ref, name: name === '' ? (username ?? '') : name, email }
}

function idOf(element: XmlElement | undefined): string | null {
  const id = element?.attributes.get('dsq:id')?.trim() ?? ''
  return id === '' ? null : id
}

function textOf(element: XmlElement | undefined, name: string): string | null {
  const child = element?.children.get(name)
  if (child === undefined || child.cut) return null
  const text = child.text.trim()
  return text === '' ? null : text
}

function isTrue(element: XmlElement, name: string): boolean {
  return textOf(element, name)?.toLowerCase() === 'true'
}

function timeOf(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) || at < 0 ? null : at
}
