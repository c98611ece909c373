import { memoryStore } from '../memory/index.ts'
import type { Bytes, EventRow, PubSub, Store } from '../ports/index.ts'
import { createIds } from './ids.ts'
import type { LiveEvent } from './live-event.ts'
import type { LiveHub, LiveHubOptions, LiveSink } from './live.ts'
import { createLiveHub } from './live.ts'

export const ref = { site: 'blog', thread: '0123456789abcdefghjk' }
const ids = createIds()
export const silent = { info() {}, warn() {}, error() {} }

/** A store with one thread, and a short way to make things happen in it. */
export interface Scene {
  readonly store: Store
  /** So many new comments, each in its own commit; their events. */
  write(count?: number): Promise<EventRow[][]>
}

export async function scene(): Promise<Scene> {
  const store = memoryStore()
  const nobody = { avatar: null, website: null, email: null, role: 'member', at: 1 } as const
  await store.users.put({ site: ref.site, id: 'u', name: 'U', ...nobody })
  const options = { at: 1, eventId: (at: number) => ids.next(at) }
  return {
    store,
    async write(count = 1) {
      const all: EventRow[][] = []
      for (let i = 0; i < count; i++) {
        const create = {
          op: 'create',
          id: ids.next(1),
          parent: null,
          replyTo: null,
          author: 'u',
          source: 'x',
          html: 'x',
          status: 'published',
          at: 1,
          key: null,
        } as const
        all.push((await store.commit({ ...ref, key: '/' }, [create], options)).events)
      }
      return all
    },
  }
}

export const render: LiveHubOptions['render'] = async (_ref, rows) =>
  rows.map((row): LiveEvent => ({ ver: row.ver ?? 0, type: row.type, view: { ver: row.ver }, revokes: false }))

export function hubOf(store: Store, more: Partial<LiveHubOptions> = {}): LiveHub {
  return createLiveHub({ store, clock: { now: () => Date.now() }, logger: silent, bus: null, render, ...more })
}

/** A reader who keeps what they were sent. */
export interface Listener extends LiveSink {
  /** `5` for an event, `reset 5`, `ver 5`, `bye`. */
  readonly heard: string[]
  readonly chunks: string[]
  isOpen: boolean
  /** Takes nothing more from now on. */
  isSlow: boolean
}

export function listener(): Listener {
  const self: Listener = {
    heard: [],
    chunks: [],
    isOpen: true,
    isSlow: false,
    write(chunk: Bytes) {
      if (!self.isOpen) return false
      const text = new TextDecoder().decode(chunk)
      self.chunks.push(text)
      for (const block of text.split('\n\n').filter((part) => part !== '')) self.heard.push(nameOf(block))
      return !self.isSlow
    },
    close() {
      self.isOpen = false
    },
  }
  return self
}

function nameOf(block: string): string {
  const id = /^id: (\d+)$/m.exec(block)?.[1]
  const event = /^event: (.+)$/m.exec(block)?.[1] ?? ''
  return event.includes('.') ? (id ?? '') : [event, id].filter((part) => part !== undefined).join(' ')
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}`)

/** A bus that loses what `loses` says. */
export function lossy(bus: PubSub, loses: () => boolean): PubSub {
  return {
    ...bus,
    publish: (topic, payload, options) => (loses() ? Promise.resolve() : bus.publish(topic, payload, options)),
  }
}
