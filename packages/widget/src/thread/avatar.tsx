import type { AuthorView } from '@confab/core'

const hues = 12

/** First letters of the first and last word, as a reader counts letters. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  return picked
    .map((word) => /^.\p{M}*/u.exec(word ?? '')?.[0] ?? '')
    .join('')
    .toUpperCase()
}

/** One of 12 hues, the same for a name everywhere. */
export function hueOf(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0
  return (hash % hues) * (360 / hues)
}

/** Initials, under the host's picture of the author when there is one. No other picture is ever asked for. */
export function Avatar({ author }: { author: Pick<AuthorView, 'name' | 'avatar'> | null }) {
  if (!author) return <span class="avatar none" />
  return (
    <span part="avatar" class="avatar" aria-hidden="true" style={{ '--hue': hueOf(author.name) }}>
      <span>{initials(author.name)}</span>
      {author.avatar && (
        <img
          src={author.avatar}
          alt=""
          loading="lazy"
          referrerpolicy="no-referrer"
          onError={(event) => event.currentTarget.setAttribute('hidden', '')}
        />
      )}
    </span>
  )
}
