import { useEffect, useState } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { explain } from './ui.ts'
import type { OutboxItem } from '../client/outbox.ts'
import type { View } from './ui.ts'

/** A comment on its way: its text as it was typed, and what happened to it. */
export function OutboxEntry({ view, item }: { view: View; item: OutboxItem }) {
  const { t, thread, storage, state } = view
  const { body, parent, key, guest, error, retryAt } = item
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (retryAt === null) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [retryAt])

  function edit(): void {
    storage.keepDraft(parent ?? '', { text: body, key })
    thread.discard(key)
    view.open(parent === null ? { kind: 'root', id: '' } : { kind: 'reply', id: parent })
  }

  const name = guest?.name ?? state.me?.viewer?.name ?? t('guest')
  const avatar = guest ? null : (state.me?.viewer?.avatar ?? null)
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000)
  return (
    <li class="item">
      <article
        part="comment"
        class={`comment ${item.state}`}
        aria-label={t('by', { name })}
        aria-busy={item.state === 'sending'}
      >
        <Avatar author={{ name, avatar }} />
        <div class="main">
          <header part="meta" class="meta">
            <span part="author" class="author" dir="auto">
              {name}
            </span>
            {item.state === 'sending' && <span class="hint">{t('sending')}</span>}
          </header>
          <div part="body" class="body plain-text" dir="auto">
            {body}
          </div>
          {item.state !== 'sending' && (
            <div class="actions">
              <span class="error" role="status">
                {error ? explain(t, error) : t('unsent')} {seconds > 0 && t('retryIn', { n: seconds })}
              </span>
              <button type="button" class="text strong" onClick={() => thread.retry(key)}>
                {t('retry')}
              </button>
              <button type="button" class="text" onClick={edit}>
                {t('edit')}
              </button>
              <button type="button" class="text" onClick={() => thread.discard(key)}>
                {t('discard')}
              </button>
            </div>
          )}
        </div>
      </article>
    </li>
  )
}
