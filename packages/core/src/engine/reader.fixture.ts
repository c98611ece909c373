import type { PageBody, PageCache, ThreadRef } from '../ports/index.ts'

interface Thread {
  ver: number
  readonly pages: Map<string, PageBody>
  readonly leases: Map<string, { readonly endsAt: number }>
  readonly marks: Set<object>
}

/** What several page caches of one process share, as several processes share a server. */
export interface SharedPages {
  connect(): PageCache
  /** Forgets everything, as an eviction or a restart does. */
  flush(): void
}

/** The protocol of the page cache in memory: the model that real caches are compared with. */
export function sharedPages(): SharedPages {
  const threads = new Map<string, Thread>()

  function open({ site, thread }: ThreadRef): Thread {
    const key = `${site}/${thread}`
    const present = threads.get(key)
    if (present) return present
    const fresh = { ver: 0, pages: new Map(), leases: new Map(), marks: new Set<object>() }
    threads.set(key, fresh)
    return fresh
  }

  return {
    flush: () => threads.clear(),
    connect: () => ({
      async get(ref, page) {
        const { ver, marks, pages } = open(ref)
        if (marks.size > 0) return 'writing'
        const body = pages.get(page)
        return body?.ver === ver ? { ...body, gzip: body.gzip.slice() } : null
      },
      async lease(ref, page) {
        const taken = open(ref).leases.get(page)
        if (taken && taken.endsAt > Date.now()) return null
        const mine = { endsAt: Date.now() + 3_000 }
        open(ref).leases.set(page, mine)
        return {
          async fill(body) {
            const thread = open(ref)
            if (thread.leases.get(page) !== mine) return false
            thread.leases.delete(page)
            if (thread.ver > body.ver) return false
            thread.ver = body.ver
            thread.pages.set(page, { ...body, gzip: body.gzip.slice() })
            return true
          },
        }
      },
      async guard(ref) {
        const mark = {}
        open(ref).marks.add(mark)
        const end = async (ver: number): Promise<void> => {
          const thread = open(ref)
          thread.marks.delete(mark)
          thread.ver = Math.max(thread.ver, ver)
        }
        return { done: end, abort: () => end(0) }
      },
      close: () => Promise.resolve(),
    }),
  }
}
