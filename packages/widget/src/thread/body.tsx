import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { safeHtml } from './safe-html.ts'
import type { Ui } from './ui.ts'

/** Shorter texts cannot be higher than the fold, so they are not measured. */
const mayBeLong = /^(?:[^\n]*\n){18}|^[^]{1000}/

/** The text of a comment; a very long one is folded. */
export function Body({ html, ui, id }: { html: string; ui: Ui; id: string }) {
  const element = useRef<HTMLDivElement>(null)
  const [long, setLong] = useState(false)
  const [open, setOpen] = useState(false)

  useLayoutEffect(() => {
    const { current } = element
    if (!current) return
    current.replaceChildren(safeHtml(html, document))
    setLong(mayBeLong.test(html) && current.scrollHeight > current.clientHeight + 40)
  }, [html])

  return (
    <>
      <div
        ref={element}
        part="body"
        class={mayBeLong.test(html) && !open ? 'body clip' : 'body'}
        id={`b-${id}`}
        dir="auto"
        lang={ui.pageLang || undefined}
      />
      {long && (
        <button
          type="button"
          part="more"
          class="text"
          aria-expanded={open}
          aria-controls={`b-${id}`}
          onClick={() => setOpen(!open)}
        >
          {ui.t(open ? 'less' : 'more')}
        </button>
      )}
    </>
  )
}
