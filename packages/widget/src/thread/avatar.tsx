import { useState } from 'preact/hooks'
import type { AuthorView } from '@confab/core'

const hues = 12

/** First letters of the first and last word, as a reader counts letters. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const picked = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return picked
    .map((word) => /[\p{L}\p{N}]\p{M}*/u.exec(word ?? '')?.[0] ?? '')
    .join('')
    .toUpperCase()
}

/** One of 12 hues, the same for a name everywhere. */
export function hueOf(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0
  return hash % hues
}

/** The host's picture of an author, or initials: no request leaves the page for it. */
export function Avatar({ author }: { author: Pick<AuthorView, 'name' | 'avatar'> | null }) {
  const [broken, setBroken] = useState(false)
  if (!author) return <span class="avatar none" aria-hidden="true" />
  return (
    <span part="avatar" class="avatar" aria-hidden="true" style={{ '--hue': hueOf(author.name) * (360 / hues) }}>
      {author.avatar && !broken ? (
        <img src={author.avatar} alt="" loading="lazy" referrerpolicy="no-referrer" onError={() => setBroken(true)} />
      ) : (
        <span>{initials(author.name)}</span>
      )}
    </span>
  )
}
