import { useState } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { Body } from './body.tsx'
import { TimeAgo } from './time-ago.tsx'
import type { CommentNode } from '../client/thread-data.ts'
import type { MessageKey } from './messages/translate.ts'
import type { View } from './ui.ts'
import type { OwnCommentView } from '@confab/core'

const badges: { readonly [badge: string]: MessageKey } = { guest: 'guest', moderator: 'moderator', admin: 'admin' }

/** One comment with its branch. */
export function CommentItem({ view, id, depth }: { view: View; id: string; depth: number }) {
  const { t, state, place, write } = view
  const node = state.data?.comments.get(id)
  if (!node) return null
  const comment = node.view
  const own = state.me?.mine.find((other) => other.id === id)
  const name = comment.author?.name ?? t('someone')
  const editing = place?.kind === 'edit' && place.id === id && own !== undefined
  return (
    <li class="item" data-depth={depth}>
      <article
        part="comment"
        class={`comment ${comment.status}${view.target === id ? ' target' : ''}`}
        data-id={id}
        tabIndex={-1}
        aria-label={comment.author ? t('by', { name }) : t('deleted')}
      >
        <Avatar author={comment.author} />
        <div class="main">
          {comment.author && <Meta view={view} node={node} depth={depth} />}
          {!comment.author && <p class="hint gone">{t('deleted')}</p>}
          {editing && write ? (
            <write.Composer view={view} place={{ kind: 'edit', id }} source={own} key={`edit-${id}`} />
          ) : (
            comment.author && <Body html={comment.html} ui={view} id={id} />
          )}
          {comment.status === 'pending' && <p class="hint">{t('pending')}</p>}
          {!editing && comment.author && <Actions view={view} node={node} own={own} />}
        </div>
      </article>
      {place?.kind === 'reply' && place.id === id && write && (
        <div class="replying">
          <write.Composer view={view} place={{ kind: 'reply', id }} name={name} key={`reply-${id}`} />
        </div>
      )}
      <Branch view={view} node={node} depth={depth} />
    </li>
  )
}

function Meta({ view, node, depth }: { view: View; node: CommentNode; depth: number }) {
  const { t, state } = view
  const { id, author, parent, replyTo, createdAt, editedAt } = node.view
  if (!author) return null
  const answered = replyTo ?? (depth > 1 ? parent : null)
  const answeredName = answered === null ? undefined : state.data?.comments.get(answered)?.view.author?.name
  return (
    <header part="meta" class="meta">
      <span part="author" class="author" dir="auto">
        {author.name}
      </span>
      {author.badges.map((badge) => {
        const key = badges[badge]
        return (
          key && (
            <span part="badge" class={`badge ${badge}`} key={badge}>
              {t(key)}
            </span>
          )
        )
      })}
      {answeredName !== undefined && answered !== null && (
        <a class={`to${replyTo === null ? ' deep' : ''}`} href={view.permalink(answered)}>
          {t('to', { name: answeredName })}
        </a>
      )}
      <a part="time" class="time" href={view.permalink(id)}>
        <TimeAgo at={createdAt} locale={view.locale} />
      </a>
      {editedAt !== null && <span class="hint">{t('edited')}</span>}
    </header>
  )
}

function Actions({ view, node, own }: { view: View; node: CommentNode; own: OwnCommentView | undefined }) {
  const { t, state, thread, write } = view
  const [copied, setCopied] = useState(false)
  const { id, author, status } = node.view
  const name = author?.name ?? ''

  async function share(): Promise<void> {
    const url = view.permalink(id)
    try {
      if (navigator.share && matchMedia('(pointer: coarse)').matches) return await navigator.share({ url })
      await navigator.clipboard.writeText(url)
      setCopied(true)
      view.say(t('copied'))
      setTimeout(() => setCopied(false), 2000)
    } catch {
      // Taken back, or not allowed here: the time of the comment is a link too.
    }
  }

  const writable = state.data?.thread.state === 'open' && status === 'published' && mayWrite(view)
  return (
    <div part="actions" class="actions">
      {writable && (
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
      {status === 'published' && (
        <button type="button" class="text" aria-label={t('shareBy', { name })} onClick={() => void share()}>
          {t(copied ? 'copied' : 'share')}
        </button>
      )}
      {own && write && <write.OwnActions view={view} own={own} />}
      {node.fresh.length > 0 && (
        <button type="button" part="new" class="text strong" onClick={() => thread.showNew(id)}>
          {t('newReplies', { n: node.fresh.length })}
        </button>
      )}
    </div>
  )
}

/** Whether to offer writing. Until the reader is known, yes: the answer to a text will say otherwise. */
export function mayWrite({ state: { me } }: View): boolean {
  return !me || me.can.comment || me.guest !== null
}

function Branch({ view, node, depth }: { view: View; node: CommentNode; depth: number }) {
  const { t, state, thread, folded, write } = view
  const { id, author } = node.view
  const sending = state.outbox.filter((item) => item.parent === id)
  const more = node.next === null ? 0 : node.count - node.children.length
  if (node.children.length === 0 && more <= 0 && sending.length === 0) return null
  const isFolded = folded.has(id)
  const name = author?.name ?? t('someone')
  return (
    <div class={`branch${isFolded ? ' folded' : ''}`}>
      <button
        type="button"
        part="fold"
        class={isFolded ? 'text' : 'line'}
        aria-expanded={!isFolded}
        aria-label={isFolded ? undefined : t('hideReplies', { name })}
        onClick={() => view.fold(id, !isFolded)}
      >
        {isFolded && t('replies', { n: node.count })}
      </button>
      {!isFolded && (
        <ol part="replies" class="list replies">
          {node.children.map((child) => (
            <CommentItem view={view} id={child} depth={depth + 1} key={child} />
          ))}
          {write && sending.map((item) => <write.OutboxEntry view={view} item={item} key={item.key} />)}
          {more > 0 && (
            <li>
              <button
                type="button"
                part="more"
                class="text strong"
                aria-busy={state.loading.has(id)}
                onClick={() => void thread.loadReplies(id)}
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
