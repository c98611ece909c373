import { createIds, renderMarkdown, threadId } from '@confab/core'
import type { Id, Op, Store, ThreadRef } from '@confab/core/ports'

export const site = 'bench'
/** Far from now, so that no rule about fresh comments applies. */
const begin = Date.UTC(2025, 0, 1)
const perCommit = 2_000
const authors = 500

/** A text of about 190 characters, each one different, as people write them. */
export function sourceOf(serial: number): string {
  const people = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Margaret', 'Alan']
  const name = people[serial % people.length] ?? 'Ada'
  return `I tried this ${serial} times and it **works**, but ${name} is right: see https://example.org/notes/${serial} for the long story.\n\nWould you say the same of the *second* part, or is it only me?`
}

export function authorOf(serial: number): { id: string; name: string } {
  return { id: `u${serial % authors}`, name: `Reader ${serial % authors}` }
}

/** A thread of the bench. */
export interface SeededThread extends ThreadRef {
  readonly pageKey: string
  readonly count: number
  /** A root in the middle. */
  readonly middle: Id
}

/**
 * Which comment of its ten each one answers; -1 for a root. Every page of 20 roots has the same shape, wherever it lies
 * and however large the thread is: only so do costs compare.
 */
const answersTo = [-1, -1, 0, 2, -1, 4, 0, -1, 7, 8]

/** Writes `count` comments into one thread by the store's own `commit`. */
export async function seedThread(store: Store, pageKey: string, count: number): Promise<SeededThread> {
  const ref: ThreadRef = { site, thread: await threadId(site, pageKey) }
  const profile = { site, avatar: null, website: null, email: null, role: 'member', at: begin } as const
  await Promise.all(
    Array.from({ length: authors }, (_, serial) => store.users.put({ ...profile, ...authorOf(serial) })),
  )
  const ids = createIds()
  const written: Id[] = []
  // One rendered text for many comments: rendering is not what is measured here, and its length is what matters.
  const html = renderMarkdown(sourceOf(12_345))
  for (let done = 0; done < count; done += perCommit) {
    const ops: Op[] = []
    for (let serial = done; serial < Math.min(count, done + perCommit); serial++) {
      const at = begin + serial * 1_000
      const id = ids.next(at)
      const above = answersTo[serial % 10] ?? -1
      const parent = above < 0 ? null : (written[serial - (serial % 10) + above] ?? null)
      written.push(id)
      ops.push({
        op: 'create',
        id,
        parent,
        replyTo: null,
        author: authorOf(serial).id,
        source: sourceOf(serial),
        html,
        status: 'published',
        at,
        key: null,
        imported: true,
      })
    }
    const commit = await store.commit({ ...ref, key: pageKey }, ops, {
      silent: true,
      at: begin + done * 1_000,
      eventId: (at) => ids.next(at),
    })
    const refused = commit.results.find((result) => !result.ok)
    if (refused) throw new Error(`The store refused a seeded comment: ${JSON.stringify(refused)}`)
  }
  return { ...ref, pageKey, count, middle: written[count / 2] ?? '' }
}
