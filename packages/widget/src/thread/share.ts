import type { View } from './ui.ts'

/** How long a button says that the link was copied, ms. */
const copiedMs = 2000

/** Passes on the address of a comment: through the system's own sheet on phones, through the clipboard elsewhere. */
export async function share(view: View, id: string): Promise<void> {
  const url = view.permalink(id)
  try {
    if ('share' in navigator && matchMedia('(pointer: coarse)').matches) return await navigator.share({ url })
    await navigator.clipboard.writeText(url)
    view.set({ copied: id })
    view.say(view.t('copied'))
    setTimeout(() => view.set({ copied: null }), copiedMs)
  } catch {
    // Taken back, or not allowed here: the time of the comment is a link too.
  }
}
