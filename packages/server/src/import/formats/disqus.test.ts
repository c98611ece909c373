import { describe, expect, it } from 'vitest'
import type { CommentEvent, ImportEvent } from '../events.ts'
import { disqus } from './disqus.ts'
import { disqusFile, post, thread } from './disqus.fixture.ts'

async function eventsOf(...parts: (string | Uint8Array)[]): Promise<ImportEvent[]> {
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part
  }
  const events: ImportEvent[] = []
  for await (const event of disqus.read(bytes())) events.push(event)
  return events
}

async function commentsOf(xml: string): Promise<CommentEvent[]> {
  return (await eventsOf(xml)).filter((event) => event.kind === 'comment')
}

async function problemOf(...parts: (string | Uint8Array)[]): Promise<string> {
  const result = await eventsOf(...parts).catch((error: unknown) => error)
  expect(result).toMatchObject({ name: 'ServerError', code: 'file_invalid' })
  return String((result as Error).message)
}

describe('a good file', () => {
  it('yields threads, authors and comments with their lines', async () => {
    const events = await eventsOf(
      disqusFile(
        `${thread({ id: '7', link: 'https://a.example/p/?x=1&amp;y=2', title: 'Tom &amp; Jerry', closed: true })}\n${post({ id: '1', thread: '7', parent: '9', message: '<p>Hi</p>' })}`,
      ),
    )
    expect(events).toEqual([
      {
        kind: 'thread',
        ref: '7',
        line: 3,
        url: 'https://a.example/p/?x=1&y=2',
        identifier: null,
        title: 'Tom & Jerry',
        closed: true,
        deleted: false,
      },
      { kind: 'author', ref: 'guest\nAnn\nann@example.com', name: 'Ann', email: 'ann@example.com' },
      {
        kind: 'comment',
        ref: '1',
        line: 4,
        thread: '7',
        parent: '9',
        author: 'guest\nAnn\nann@example.com',
        at: Date.parse('2020-09-13T12:26:50Z'),
        status: 'published',
        body: '<p>Hi</p>',
        bodyFormat: 'html',
      },
    ])
  })

  it('is read the same whatever the pieces it comes in', async () => {
    const xml = disqusFile(
      thread({ id: '7' }) + post({ id: '1', thread: '7', message: 'Grüße 👍🏽 ]]&gt; <![CDATA[x]]>' }),
    )
    const whole = await eventsOf(xml)
    const bytes = new TextEncoder().encode(xml)
    for (const size of [1, 2, 3, 7, 64]) {
      const pieces: Uint8Array[] = []
      for (let from = 0; from < bytes.length; from += size) pieces.push(bytes.subarray(from, from + size))
      expect(await eventsOf(...pieces)).toEqual(whole)
    }
  })

  it('may be UTF-16', async () => {
    const xml = disqusFile(post({ id: '1', thread: '7', message: 'Grüße' })).replace('utf-8', 'utf-16')
    const bytes = new Uint8Array(Buffer.from(`\ufeff${xml}`, 'utf16le'))
    expect(await eventsOf(bytes)).toContainEqual(expect.objectContaining({ ref: '1', body: 'Grüße' }))
  })

  it('tells registered people by their user name and guests by what they typed', async () => {
    const authors = await commentsOf(
      disqusFile(
        post({ id: '1', author: '<name>Ann</name><username>ann1</username>' }) +
          post({ id: '2', author: '<name>Ann B.</name><username>ann1</username>' }) +
          post({ id: '3', author: '<name>Ann</name><email>a@example.com</email>' }) +
          post({ id: '4', author: '<name>Ann</name><email>A@example.com</email>' }) +
          post({ id: '5', author: '<name>Ann</name>' }),
      ),
    )
    const [first, second, third, fourth, fifth] = authors.map(({ author }) => author)
    expect(first).toBe(second)
    expect(third).toBe(fourth)
    expect(new Set([first, third, fifth]).size).toBe(3)
  })

  it('carries neither the text of deleted comments nor more of spam than that it is spam', async () => {
    const [deleted, spam, both] = await commentsOf(
      disqusFile(
        post({ id: '1', deleted: true, message: 'gone' }) +
          post({ id: '2', spam: true, message: 'buy' }) +
          post({ id: '3', spam: true, deleted: true, message: 'gone' }),
      ),
    )
    expect(deleted).toMatchObject({ status: 'deleted', body: '' })
    expect(spam).toMatchObject({ status: 'spam', body: 'buy' })
    expect(both).toMatchObject({ status: 'deleted', body: '' })
  })

  it('keeps control characters, unknown entities and bare ampersands as they are', async () => {
    const [first] = await commentsOf(disqusFile(post({ id: '1', message: 'a\u0008b &nope; c &#1; d & e &amp; f' })))
    expect(first?.body).toBe('a\u0008b &nope; c &#1; d & e & f')
  })

  it('says which entries are left out, and why', async () => {
    const events = await eventsOf(
      disqusFile(
        '<thread><link>https://a.example/</link></thread>' +
          '<post><message>x</message></post>' +
          '<post dsq:id="2"><message>x</message></post>' +
          post({ id: '3', createdAt: '2011-x9-30' }) +
          post({ id: '4', createdAt: '1969-01-01T00:00:00Z' }) +
          post({ id: '5', message: 'x'.repeat(300_000) }),
      ),
    )
    expect(events.filter((event) => event.kind === 'skip').map(({ ref, reason }) => [ref, reason])).toEqual([
      [null, 'it has no id'],
      [null, 'it has no id'],
      ['2', 'it names no thread'],
      ['3', 'its date cannot be read'],
      ['4', 'its date cannot be read'],
      ['5', 'its text is too long'],
    ])
  })
})

describe('a broken or hostile file', () => {
  it.each([
    ['an empty file', '', /it is empty \(line 1\)/],
    ['another kind of XML', '<rss><channel/></rss>', /it starts with <rss> \(line 1\)/],
    ['a web page', '<!DOCTYPE html><html></html>', /declares a document type/],
    ['plain text', 'hello\nworld', /text stands before the first tag \(line 1\)/],
    ['JSON', '{"a":1}', /text stands before the first tag/],
    ['a zip file', 'PK\u0003\u0004\u0000\u0000', /text stands before the first tag/],
    ['a stray character at the start', `\`${disqusFile('')}`, /text stands before the first tag \(line 1\)/],
    ['a file that ends in a tag', disqusFile(post({ id: '1' })).slice(0, -20), /\(line \d+\)/],
    [
      'a file that ends in a text',
      disqusFile(`\n\n${post({ id: '1' })}`).split('</message>')[0] ?? '',
      /ends in the middle \(line 5\)/,
    ],
    ['an unquoted attribute', disqusFile('\n<post dsq:id=1></post>'), /unquoted attribute value \(line 4\)/],
    ['crossed tags', disqusFile('<a><b></a></b>'), /unexpected close tag \(line 3\)/],
    ['two roots', `${disqusFile('')}\n<disqus/>`, /a second document begins \(line 5\)/],
    [
      'an encoding it cannot read',
      disqusFile('').replace('utf-8', 'windows-1251'),
      /written in windows-1251; convert it to UTF-8/,
    ],
    [
      'an entity bomb',
      `<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><disqus><post>&b;</post></disqus>`,
      /declares a document type/,
    ],
    [
      'an external entity',
      `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><disqus>&x;</disqus>`,
      /declares a document type/,
    ],
    ['deep nesting', disqusFile('<a>'.repeat(100_000)), /nested too deep \(line 3\)/],
    [
      'a tag with many attributes',
      disqusFile(`<post ${Array.from({ length: 1000 }, (_, i) => `a${i}="1"`).join(' ')}/>`),
      /too many attributes/,
    ],
    ['an endless tag name', disqusFile(`<${'a'.repeat(300_000)}`), /has no end/],
    ['an endless comment', disqusFile(`<!--${'a'.repeat(300_000)}`), /has no end/],
    ['an endless document type', `<!DOCTYPE ${'a'.repeat(300_000)}`, /has no end/],
  ])('%s is refused with one sentence', async (_, xml, problem) => {
    const message = await problemOf(xml)
    expect(message).toMatch(/^This is no complete Disqus export: .* Nothing was written\.$/)
    expect(message).toMatch(problem)
    expect(message).not.toContain('\n')
  })

  it('random bytes are refused', async () => {
    const bytes = new Uint8Array(10_000).map((_, i) => (i * 7919) % 251)
    expect(await problemOf(bytes)).toMatch(/^This is no complete Disqus export: /)
  })

  it('a tag in an attribute of a prototype is only an attribute', async () => {
    const events = await eventsOf(
      disqusFile('<post __proto__="x" constructor="y" dsq:id="1"><thread dsq:id="2" toString="z"/></post>'),
    )
    expect(events).toEqual([expect.objectContaining({ kind: 'skip', reason: 'its date cannot be read' })])
  })
})
