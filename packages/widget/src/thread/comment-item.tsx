import { Avatar } from './avatar.tsx'
import { Body } from './body.tsx'
import { isSending, loadAndFocus, mayWrite, toggled } from './ui.ts'
import type { CommentNode } from '../client/thread-data.ts'
import type { MessageKey } from './messages/translate.ts'
import type { View } from './ui.ts'

const badges: { readonly [badge: string]: MessageKey } = { guest: 'guest', moderator: 'moderator', admin: 'admin' }

/** One comment with its branch. */
export function CommentItem({ view, id, depth }: { view: View; id: string; depth: number }) {
  const { t, state, place, write } = view
  const node = state.data?.comments.get(id)
  if (!node) return null
  const { author, status, html } = node.view
  const own = state.me?.mine.find((other) => other.id === id)
  const name = author?.name ?? t('someone')
  const composing = place?.id === id && write ? place.kind : null
  const editing = composing === 'edit' && (own ?? place?.source)
  return (
    <li class="item" data-depth={depth}>
      <article
        part="comment"
        class={`comment ${status}${view.target === id ? ' target' : ''}`}
        data-id={id}
        tabIndex={-1}
        aria-label={author ? t('by', { name }) : t('deleted')}
      >
        <Avatar author={author} />
        <div class="main">
          {author ? <Meta view={view} node={node} depth={depth} /> : <p class="hint">{t('deleted')}</p>}
          {editing && write && place && (
            <write.Composer view={view} write={write} place={place} source={editing} key={id} />
          )}
          {!editing && author && <Body html={html} view={view} id={id} />}
          {status === 'pending' && <p class="hint">{t('pending')}</p>}
          {!editing && author && (
            <div part="actions" class="actions">
              {view.asking !== id && <Actions view={view} node={node} name={name} />}
              {own && write && <write.OwnActions view={view} write={write} own={own} />}
              {node.fresh.length > 0 && !isSending(state) && (
                <button type="button" part="new" class="text strong" onClick={() => view.thread.showNew(id)}>
                  {t('newReplies', { n: node.fresh.length })}
                </button>
              )}
            </div>
          )}
        </div>
      </article>
      {composing === 'reply' && write && place && (
        <div class="replying">
          <write.Composer view={view} write={write} place={place} name={name} key={id} />
        </div>
      )}
      <Branch view={view} node={node} depth={depth} name={name} />
    </li>
  )
}

function Meta({ view, node, depth }: { view: View; node: CommentNode; depth: number }) {
  const { t, state, times } = view
  const { id, author, parent, replyTo, createdAt, editedAt } = node.view
  const answered = replyTo ?? (depth > 1 ? parent : null)
  const answeredName = state.data?.comments.get(answered ?? '')?.view.author?.name
  return (
    <header part="meta" class="meta">
      <span part="author" class="author" dir="auto">
        {author?.name}
      </span>
      {author?.badges.map((badge) => {
        const key = badges[badge]
        return (
          key && (
            <span part="badge" class={`badge ${badge}`} key={badge}>
              {t(key)}
            </span>
          )
        )
      })}
      {answered !== null && answeredName !== undefined && (
        <a class={`to${replyTo === null ? ' deep' : ''}`} href={view.permalink(answered)}>
          {t('to', { name: answeredName })}
        </a>
      )}
      <a part="time" class="time" href={view.permalink(id)}>
        <time dateTime={new Date(createdAt).toISOString()} title={times.full(createdAt)}>
          {times.ago(createdAt, view.now)}
        </time>
      </a>
      {editedAt !== null && (
        <span class="hint" title={times.full(editedAt)}>
          {t('edited')}
        </span>
      )}
    </header>
  )
}

function Actions({ view, node, name }: { view: View; node: CommentNode; name: string }) {
  const { t } = view
  const { id, status } = node.view
  if (status !== 'published') return null
  return (
    <>
      {mayWrite(view) && (
        <button
          type="button"
          class="text"
          data-reply={id}
          aria-label={t('replyTo', { name })}
          onClick={() => view.open({ kind: 'reply', id })}
        >
          {t('reply')}
        </button>
      )}
      <button
        type="button"
        class="text"
        aria-label={t('shareBy', { name })}
        onClick={() => void view.write?.share(view, id)}
      >
        {t(view.copied === id ? 'copied' : 'share')}
      </button>
    </>
  )
}

function Branch({ view, node, depth, name }: { view: View; node: CommentNode; depth: number; name: string }) {
  const { t, state, thread, folded, write } = view
  const { id } = node.view
  const { children, count, next } = node
  const sending = state.outbox.filter((item) => item.parent === id)
  const more = next === null ? 0 : count - children.length
  if (children.length + sending.length === 0 && more <= 0) return null
  const isFolded = folded.has(id)
  return (
    <div class="branch">
      <button
        type="button"
        part="fold"
        class={isFolded ? 'text' : 'line'}
        aria-expanded={!isFolded}
        aria-label={isFolded ? undefined : t('hideReplies', { name })}
        onClick={() => view.set({ folded: toggled(folded, id) })}
      >
        {isFolded && t('replies', { n: count })}
      </button>
      {!isFolded && (
        <ol part="replies" class="list replies">
          {children.map((child) => (
            <CommentItem view={view} id={child} depth={depth + 1} key={child} />
          ))}
          {write && sending.map((item) => <write.OutboxEntry view={view} write={write} item={item} key={item.key} />)}
          {more > 0 && (
            <li>
              <button
                type="button"
                part="more"
                class="text strong"
                aria-busy={state.loading.has(id)}
                onClick={() => void loadAndFocus(view, thread.loadReplies(id))}
              >
                {t('moreReplies', { n: more })}
              </button>
            </li>
          )}
        </ol>
      )}
    </div>
  )
}
