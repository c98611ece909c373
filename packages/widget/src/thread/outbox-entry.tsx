import { Avatar } from './avatar.tsx'
import { explain } from './explain.ts'
import type { OutboxItem } from '../client/outbox.ts'
import type { View } from './ui.ts'
import type { Writing } from './write.ts'

/** A comment on its way: its text as it was typed, and what happened to it. */
export function OutboxEntry({ view, write, item }: { view: View; write: Writing; item: OutboxItem }) {
  const { t, state } = view
  const { writer } = write
  const { body, key, guest, error, retryAt } = item
  const viewer = state.me?.viewer
  const name = guest?.name ?? viewer?.name ?? t('guest')
  const avatar = guest ? null : (viewer?.avatar ?? null)
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - view.now) / 1000)
  const isSending = item.state === 'sending'
  return (
    <li class="item">
      <article part="comment" class={`comment ${item.state}`} aria-label={t('by', { name })} aria-busy={isSending}>
        <Avatar author={{ name, avatar }} />
        <div class="main">
          <header part="meta" class="meta">
            <span part="author" class="author" dir="auto">
              {name}
            </span>
            {isSending && <span class="hint">{t('sending')}</span>}
          </header>
          <div part="body" class="body plain-text" dir="auto">
            {body}
          </div>
          {!isSending && (
            <p part="error" class="error">
              {error ? explain(t, error, seconds) : t('unsent')}
            </p>
          )}
          {!isSending && (
            <div part="actions" class="actions">
              <button type="button" class="text strong" onClick={() => writer.retry(key)}>
                {t('retry')}
              </button>
              <button type="button" class="text" onClick={() => view.open(write.takeBack(item, null))}>
                {t('edit')}
              </button>
              <button type="button" class="text" onClick={() => writer.discard(key)}>
                {t('discard')}
              </button>
            </div>
          )}
        </div>
      </article>
    </li>
  )
}
