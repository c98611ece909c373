import { defineThread } from './thread/define.ts'
import type { ConfabThreadElement } from './thread/define.ts'

/** What a thread is told; the attributes of `<confab-thread>` by another name. */
export interface MountOptions {
  /** Address under which the server answers. */
  readonly server: string
  readonly site: string
  /** The page's own name in the site. Its canonical address, or the one in the address bar, if left out. */
  readonly pageKey?: string
  /** Full address of the page, kept with the thread. */
  readonly url?: string
  /** Title of the page, kept with the thread. */
  readonly title?: string
  readonly sort?: 'newest' | 'oldest'
  /** Only for pages whose own text colour does not tell. */
  readonly theme?: 'light' | 'dark' | 'auto'
  /** Language of the widget. The page's if left out. */
  readonly lang?: string
  /** Level of the heading, 1 to 6; 2 if left out. */
  readonly heading?: number
  /** `false`: no live connection. */
  readonly live?: boolean
}

/** A thread in the page. */
export interface MountedThread {
  /** Changes some options; what is `undefined` goes back to its default. */
  update(options: { readonly [name in keyof MountOptions]?: MountOptions[name] | undefined }): void
  /** Loads what is shown once more, and asks who the reader is: for pages where people sign in and out. */
  refresh(): Promise<void>
  /** Takes the thread out of the page and ends all its requests. */
  unmount(): void
}

const attributes: { readonly [name in keyof Required<MountOptions>]: string } = {
  server: 'server',
  site: 'site',
  pageKey: 'page-key',
  url: 'page-url',
  title: 'page-title',
  sort: 'sort',
  theme: 'theme',
  lang: 'lang',
  heading: 'heading',
  live: 'live',
}

/**
 * Puts a thread at the end of an element.
 *
 * @example
 * const comments = mount(document.body, { server: 'https://comments.example.org', site: 'blog' })
 * comments.update({ pageKey: '/next-page' })
 * comments.unmount()
 */
export function mount(target: Element, options: MountOptions): MountedThread {
  defineThread()
  const thread = document.createElement('confab-thread') as ConfabThreadElement

  function update(changes: Parameters<MountedThread['update']>[0]): void {
    for (const [name, value] of Object.entries(changes)) {
      const attribute = attributes[name as keyof MountOptions]
      if (value === undefined || value === true) thread.removeAttribute(attribute)
      else thread.setAttribute(attribute, value === false ? 'off' : `${value}`)
    }
  }

  update(options)
  target.append(thread)
  return { update, refresh: () => thread.refresh(), unmount: () => thread.remove() }
}
