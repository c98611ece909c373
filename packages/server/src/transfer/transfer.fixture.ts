import { createHash } from 'node:crypto'
import { createIds, threadId } from '@confab/core'
import type { Op, Store, ThreadTarget } from '@confab/core/ports'
import { siteDirectory } from '../data/sites.ts'
import { exportLines } from './export.ts'

const clock = { now: () => 1_750_000_000_000 }

/** Two sites with threads that hold every kind of comment. */
export async function fill(store: Store, threads = 3, comments = 30): Promise<void> {
  await store.migrate()
  const ids = createIds()
  let at = 1_700_000_000_000
  const commit = (target: ThreadTarget, ops: Op[]) =>
    store.commit(target, ops, { at: (at += 1), eventId: (time) => ids.next(time) }).then(({ results }) => {
      if (results.some((result) => !result.ok)) throw new Error(`Refused: ${JSON.stringify(results)}`)
    })
  for (const site of ['blog', 'shop']) {
    await siteDirectory(store, clock).put({ id: site, origins: [`https://${site}.example`] })
    for (const name of ['Ada', 'Bob "\u2028" 😀']) {
      await store.users.put({
        site,
        id: `u:${name.slice(0, 3)}`,
        name,
        avatar: '/ada.png',
        website: 'https://ada.example/',
        email: 'ada@example.org',
        role: 'moderator',
        at: 1_700_000_000_000,
      })
    }
    for (let t = 0; t < threads; t += 1) {
      const key = `/page/${t}/ä`
      const target: ThreadTarget = { site, key, thread: await threadId(site, key), title: `Page ${t}`, url: null }
      const made: string[] = []
      for (let c = 0; c < comments; c += 1) {
        const id = ids.next((at += 1))
        const text = `Comment *${c}* of ${key}\n\n\u2028 "quoted" \\ 😀`
        const parent = c % 3 === 0 ? null : (made.at(-1 - (c % 2)) ?? null)
        const status = (['published', 'published', 'pending', 'spam', 'published'] as const)[c % 5] ?? 'published'
        await commit(target, [
          {
            op: 'create',
            id,
            parent,
            replyTo: null,
            author: c % 2 === 0 ? 'u:Ada' : 'u:Bob',
            source: text,
            html: `<p>${c}</p>`,
            status,
            at,
            key: { scope: 'u', value: `key-${id}`, hash: 'h' },
          },
        ])
        if (status === 'published') made.push(id)
        if (c % 7 === 3) {
          const [row] = await store.rows(target, [id])
          const edit = {
            op: 'edit',
            id,
            ifRev: row?.rev ?? 1,
            source: `${text}!`,
            html: '<p>!</p>',
            by: 'u:Ada',
            at,
          } as const
          await commit(target, [edit, { ...edit, ifRev: edit.ifRev + 1, source: 'third' }])
        }
        const first = c % 9 === 8 ? made.shift() : undefined
        if (first !== undefined) {
          await commit(target, [{ op: 'status', id: first, to: 'deleted', by: 'u:Ada', at, erase: c % 2 === 0 }])
        }
      }
      if (t === 1) await commit(target, [{ op: 'thread', set: { state: 'locked' }, by: 'u:Ada', at }])
    }
  }
}

/** The whole export as text. */
export async function exported(store: Store): Promise<string> {
  let text = ''
  const sites = await siteDirectory(store, clock).list()
  for await (const line of exportLines({ store, sites, onProgress() {} })) text += line
  return text
}

/** These lines with an end that fits them, as somebody makes them who knows the format. */
export function sealed(lines: readonly string[]): string {
  const body = lines.map((line) => `${line}\n`).join('')
  const counts = { threads: 0, comments: 0 }
  let inThread = 0
  for (const line of lines) {
    if (line.startsWith('{"type":"thread"')) [counts.threads, inThread] = [counts.threads + 1, 0]
    if (line.startsWith('{"type":"comment"')) [counts.comments, inThread] = [counts.comments + 1, inThread + 1]
    if (line === '{"type":"again"}')
      [counts.threads, counts.comments] = [counts.threads - 1, counts.comments - inThread]
  }
  return `${body}${JSON.stringify({ type: 'end', ...counts, sha256: createHash('sha256').update(body).digest('hex') })}\n`
}
