import { describe, expect, it, onTestFinished } from 'vitest'
import type { CommentEvent, ThreadEvent } from './events.ts'
import { openStage } from './stage.ts'
import type { Stage, StagedComment } from './stage.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const noon = Date.parse('2020-01-01T12:00:00Z')

function newStage(maxDepth = 8): Stage {
  const stage = openStage({ maxDepth, now, htmlToMarkdown: (html) => html })
  stage.add({ kind: 'author', ref: 'ann', name: 'Ann', email: null })
  onTestFinished(() => stage.close())
  return stage
}

function addThread(stage: Stage, ref: string, fields: Partial<ThreadEvent> = {}): void {
  const url = `https://a.example/${ref}`
  stage.add({
    kind: 'thread',
    ref,
    line: 1,
    url,
    identifier: null,
    title: null,
    closed: false,
    deleted: false,
    ...fields,
  })
}

function addComment(stage: Stage, ref: string, fields: Partial<CommentEvent> = {}): void {
  const base = {
    kind: 'comment',
    line: 9,
    thread: 't',
    parent: null,
    author: 'ann',
    at: noon,
    status: 'published',
  } as const
  stage.add({ ...base, ref, body: `text ${ref}`, bodyFormat: 'markdown', ...fields })
}

function placed(stage: Stage): StagedComment[] {
  return [...stage.pages()].flatMap(({ page }) => [...stage.comments(page)])
}

const refs = (comments: readonly StagedComment[]): string[] => comments.map(({ ref }) => ref)
const reasons = (stage: Stage): [string | null, string][] => stage.skipped(100).map(({ ref, reason }) => [ref, reason])

describe('the order of writing', () => {
  it('is by time, and never a reply before what it answers', () => {
    const stage = newStage()
    addThread(stage, 't')
    addComment(stage, 'late', { at: noon + 5000 })
    addComment(stage, 'reply', { parent: 'root', at: noon })
    addComment(stage, 'early reply', { parent: 'root', at: noon - 9000 })
    addComment(stage, 'root', { at: noon })
    addComment(stage, 'first', { at: noon - 5000 })
    stage.arrange()
    expect(refs(placed(stage))).toEqual(['first', 'root', 'reply', 'early reply', 'late'])
    // The time itself stays what the file says.
    expect(placed(stage).find(({ ref }) => ref === 'early reply')?.at).toBe(noon - 9000)
  })

  it('keeps parents that come after their replies, and times of a whole conversation in one second', () => {
    const stage = newStage()
    addThread(stage, 't')
    for (let i = 50; i > 0; i--) addComment(stage, `c${i}`, { parent: i === 1 ? null : `c${i - 1}` })
    stage.arrange()
    expect(refs(placed(stage))).toEqual(Array.from({ length: 50 }, (_, i) => `c${i + 1}`))
  })
})

describe('parents', () => {
  it('are none when they are missing, elsewhere, themselves or a circle', () => {
    const stage = newStage()
    addThread(stage, 't')
    addThread(stage, 'u')
    addComment(stage, 'orphan', { parent: 'nobody' })
    addComment(stage, 'other', { thread: 'u' })
    addComment(stage, 'stranger', { parent: 'other' })
    addComment(stage, 'self', { parent: 'self' })
    addComment(stage, 'a', { parent: 'b' })
    addComment(stage, 'b', { parent: 'a' })
    addComment(stage, 'under the circle', { parent: 'a' })
    stage.arrange()
    const comments = placed(stage)
    expect(comments).toHaveLength(7)
    expect(comments.every(({ parentRef }) => parentRef === null)).toBe(true)
    expect(stage.counts().replies).toBe(0)
  })

  it('may be deleted ones: the reply stays under their place', () => {
    const stage = newStage()
    addThread(stage, 't')
    addComment(stage, 'gone', { status: 'deleted', body: 'secret' })
    addComment(stage, 'reply', { parent: 'gone' })
    stage.arrange()
    expect(placed(stage)).toMatchObject([
      { ref: 'gone', status: 'deleted', source: '' },
      { ref: 'reply', parentRef: 'gone' },
    ])
  })

  it('are at most so deep: a deeper reply becomes a sibling that knows what it answers', () => {
    const stage = newStage(2)
    addThread(stage, 't')
    for (let i = 0; i < 6; i++) addComment(stage, `c${i}`, { at: noon + i, parent: i === 0 ? null : `c${i - 1}` })
    stage.arrange()
    expect(placed(stage).map(({ ref, parentRef, replyRef }) => [ref, parentRef, replyRef])).toEqual([
      ['c0', null, null],
      ['c1', 'c0', null],
      ['c2', 'c1', null],
      ['c3', 'c1', 'c2'],
      ['c4', 'c1', 'c3'],
      ['c5', 'c1', 'c4'],
    ])
  })

  it('in a chain of 20,000 take a moment and no stack', () => {
    const stage = newStage()
    addThread(stage, 't')
    for (let i = 0; i < 20_000; i++) addComment(stage, `c${i}`, { at: noon + i, parent: `c${i - 1}` })
    stage.arrange()
    expect(stage.counts()).toMatchObject({ comments: 20_000, replies: 19_999 })
  })
})

describe('pages', () => {
  it('are named by path and query, so that one page has one conversation', () => {
    const stage = newStage()
    addThread(stage, '1', { url: 'http://a.example/p?x=1', closed: true })
    addThread(stage, '2', { url: 'https://www.a.example/p?x=1&utm_source=feed#c', title: 'Page' })
    addThread(stage, '3', { url: null, identifier: 'post-3' })
    addThread(stage, '4', { url: 'ftp://a.example/p', identifier: 'post-4' })
    for (const thread of ['1', '2', '3', '4']) addComment(stage, `c${thread}`, { thread })
    stage.arrange()
    expect([...stage.pages()].map(({ key, title, closed, comments }) => [key, title, closed, comments])).toEqual([
      ['/p?x=1', 'Page', false, 2],
      ['post-3', null, false, 1],
      ['post-4', null, false, 1],
    ])
    expect(stage.hosts()).toEqual([
      { host: '', pages: 2 },
      { host: 'a.example', pages: 1 },
    ])
  })

  it('without comments count only when they are closed', () => {
    const stage = newStage()
    addThread(stage, 'open')
    addThread(stage, 'closed', { closed: true })
    stage.arrange()
    expect([...stage.pages()].map(({ key }) => key)).toEqual(['/closed'])
    expect(stage.counts().threads).toBe(0)
  })
})

describe('what is left out', () => {
  it('is named with its reason', () => {
    const stage = newStage()
    addThread(stage, 't')
    addThread(stage, 'deleted', { deleted: true })
    addThread(stage, 'nowhere', { url: null, identifier: ' \n ' })
    addThread(stage, 'long', { url: `https://a.example/${'x'.repeat(600)}` })
    addThread(stage, 't')
    addComment(stage, 'no thread', { thread: '404' })
    addComment(stage, 'deleted', { thread: 'deleted' })
    addComment(stage, 'nowhere', { thread: 'nowhere' })
    addComment(stage, 'long address', { thread: 'long' })
    addComment(stage, 'empty', { body: ' \u200b\n' })
    addComment(stage, 'long', { body: 'x'.repeat(50_001) })
    addComment(stage, 'future', { at: now + 2 * 86_400_000 })
    addComment(stage, 'twice')
    addComment(stage, 'twice', { body: 'other text' })
    stage.arrange()
    expect(Object.fromEntries(reasons(stage))).toEqual({
      t: 'its id is in the file twice',
      'no thread': 'its thread is not in the file',
      deleted: 'its thread was deleted',
      nowhere: 'its page has no usable address',
      'long address': 'its page has no usable address',
      empty: 'its text is empty',
      long: 'its text is too long',
      future: 'its date is in the future',
      twice: 'its id is in the file twice',
    })
    expect(placed(stage)).toMatchObject([{ ref: 'twice', source: 'text twice' }])
    expect(stage.skippedByReason().reduce((sum, { count }) => sum + count, 0)).toBe(9)
  })
})

it('cleans names, addresses and texts as the API does', () => {
  const stage = newStage()
  addThread(stage, 't', { title: '  A\u202e\n title ' })
  stage.add({ kind: 'author', ref: 'x', name: `\u0007 Zoe\u0301 ${'n'.repeat(100)}`, email: 'not an address' })
  addComment(stage, 'c', { author: 'x', body: 'a\r\nb\u0000c\ud800' })
  stage.arrange()
  const [comment] = placed(stage)
  expect(comment).toMatchObject({ source: 'a\nbc\ufffd', authorEmail: null })
  expect(comment?.authorName).toMatch(/^Zoé n+$/)
  expect(comment?.authorName).toHaveLength(60)
  expect([...stage.pages()][0]?.title).toBe('A title')
})
