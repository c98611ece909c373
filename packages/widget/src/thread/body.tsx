import { safeHtml } from './safe-html.ts'
import { toggled } from './ui.ts'
import type { View } from './ui.ts'

/** Shorter texts cannot be higher than the fold, so they are not measured. */
const mayBeLong = /^(?:[^\n]*\n){18}|^[^]{1000}/
/** Less than this behind the fold is not worth a button, CSS pixels. */
const slackPx = 48

/** The text of each element, so that it is built again only when it has changed. */
const shown = new WeakMap<Element, string>()

/** The text of a comment; a very long one is folded. */
export function Body({ html, view, id }: { html: string; view: View; id: string }) {
  const isLong = view.long.has(id)
  const isOpen = view.opened.has(id)

  function fill(element: HTMLElement | null): void {
    if (!element || shown.get(element) === html) return
    shown.set(element, html)
    element.replaceChildren(safeHtml(html, document))
    for (const box of element.querySelectorAll<HTMLElement>('pre, table')) {
      // What scrolls sideways must be reached without a mouse.
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
    }
    if (!mayBeLong.test(html)) return
    element.classList.add('clip')
    const higher = element.scrollHeight > element.clientHeight + slackPx
    if (!higher || isOpen) element.classList.remove('clip')
    view.measured(id, higher)
  }

  return (
    <>
      <div
        ref={fill}
        part="body"
        class={isLong && !isOpen ? 'body clip' : 'body'}
        id={`body-${id}`}
        dir="auto"
        lang={view.pageLang || undefined}
      />
      {isLong && (
        <button
          type="button"
          part="more"
          class="text"
          aria-expanded={isOpen}
          aria-controls={`body-${id}`}
          onClick={() => view.set({ opened: toggled(view.opened, id) })}
        >
          {view.t(isOpen ? 'less' : 'more')}
        </button>
      )}
    </>
  )
}
