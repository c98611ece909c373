/** Keeps what is read at its place in the window while the view changes around it. */
export interface Anchor {
  /** Remembers the comment or composer with the focus, or the first comment in the window. Before the change. */
  hold(): void
  /** Scrolls by as much as that has moved. After the change. */
  release(): void
}

/**
 * By hand, in every browser: Safari has long had no scroll anchoring, and those that have it do nothing while the
 * window is at the very top. `overflow-anchor: none` on the list keeps both from adding up.
 */
export function createAnchor(root: ShadowRoot): Anchor {
  let held: { element: Element; top: number } | null = null

  function pick(): Element | null {
    const active = root.activeElement?.closest('.composer, .comment')
    if (active && inWindow(active)) return active
    // Above the first comment nothing can move that belongs to this thread.
    for (const element of root.querySelectorAll('.comment')) if (inWindow(element)) return element
    return null
  }

  return {
    hold() {
      if (held) return
      const element = pick()
      held = element && { element, top: element.getBoundingClientRect().top }
    },
    release() {
      if (!held) return
      const { element, top } = held
      held = null
      // Gone or hidden: nothing to hold on to.
      if (!element.isConnected || element.getClientRects().length === 0) return
      const moved = element.getBoundingClientRect().top - top
      if (Math.abs(moved) >= 1) scrollerOf(root.host).scrollBy({ top: moved, behavior: 'instant' })
    },
  }
}

function inWindow(element: Element): boolean {
  const { top, bottom, height } = element.getBoundingClientRect()
  return height > 0 && bottom > 0 && top < innerHeight
}

function scrollerOf(element: Element): Element {
  let node: Node | null = element
  while (node) {
    if (node instanceof ShadowRoot) node = node.host
    if (node instanceof Element && node.scrollHeight > node.clientHeight) {
      if (/auto|scroll|overlay/.test(getComputedStyle(node).overflowY)) return node
    }
    node = node.parentNode
  }
  return document.scrollingElement ?? document.documentElement
}
