import { h } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { createAnchor } from './anchor.ts'
import { CommentItem, mayWrite } from './comment-item.tsx'
import { explain, focusSoon } from './ui.ts'
import { isPassing } from '../client/errors.ts'
import type { ThreadSort } from '../client/create-client.ts'
import type { Place, Ui, View, Write } from './ui.ts'

/** Above this number, comments outside the window are not laid out. */
const manyComments = 200
/** A skeleton that shows for a blink is worse than none, ms. */
const skeletonMs = 200
const sorts = ['newest', 'oldest'] as const

interface Props {
  readonly ui: Ui
  /** Level of the heading, 1 to 6. */
  readonly heading: number
  /** The comment that a link leads to. */
  readonly target: string | null
  readonly spoken: string
}

/** The whole thread. */
export function ThreadView({ ui, heading, target, spoken }: Props) {
  const { thread, t, root, storage } = ui
  const [state, setState] = useState(thread.state)
  const [place, setPlace] = useState<Place | null>(null)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [write, setWrite] = useState<Write | null>(null)
  const anchor = useMemo(() => createAnchor(root), [root])

  useLayoutEffect(() => {
    setState(thread.state)
    return thread.subscribe((next, own) => {
      if (!own) anchor.hold()
      setState(next)
    })
  }, [thread, anchor])
  useLayoutEffect(() => anchor.release())

  // Writing is a file of its own, loaded when there is something to read.
  const loaded = state.data !== null
  useEffect(() => {
    if (!loaded || write) return
    import('./write.ts').then(setWrite, () => {
      // The server is away; the next attempt to write tries again.
    })
  }, [loaded, place, write])

  const view: View = {
    ...ui,
    state,
    place,
    folded,
    target,
    write,
    open(next) {
      // The composer that closes may stand above the one that opens.
      anchor.hold()
      setPlace(next)
    },
    fold(id, fold) {
      setFolded(new Set(fold ? [...folded, id] : [...folded].filter((other) => other !== id)))
    },
  }

  // A text that was refused for what it says comes back into its field with the reason.
  const refused = state.outbox.find((item) => item.state === 'failed' && item.error && !isPassing(item.error))
  useEffect(() => {
    if (!refused?.error || place) return
    const { parent, body, key, error } = refused
    storage.keepDraft(parent ?? '', { text: body })
    thread.discard(key)
    setPlace(parent === null ? { kind: 'root', id: '', error } : { kind: 'reply', id: parent, error })
  }, [refused, place, storage, thread])

  const { data } = state
  const comments = data?.thread.comments ?? 0
  const ready = data !== null
  const own = state.outbox.filter((item) => item.parent === null)
  const sending = write && own.map((item) => <write.OutboxEntry view={view} item={item} key={item.key} />)
  const newest = data?.sort !== 'oldest'
  const empty = data && data.roots.length + data.fresh.length + own.length === 0 && data.previous === null

  function showNew(): void {
    const first = newest ? data?.fresh[0] : data?.fresh[0]
    thread.showNew()
    if (newest) root.querySelector('.heading')?.scrollIntoView({ block: 'start' })
    focusSoon(root, `[data-id="${first}"]`)
  }

  const pill = data && data.fresh.length > 0 && (
    <div class={newest ? 'pill top' : 'pill'}>
      <button type="button" part="new" class="primary" onClick={showNew}>
        <span>{t('newComments', { n: data.fresh.length })}</span>
      </button>
    </div>
  )

  return (
    <section part="thread" class="thread" aria-labelledby="heading" aria-busy={!ready && !state.error}>
      <header part="header" class="header">
        {h(
          `h${heading}`,
          { id: 'heading', part: 'heading', class: 'heading', tabIndex: -1 },
          comments > 0 ? t('count', { n: comments }) : t('title'),
        )}
        {comments > 1 && (
          <select
            part="sort"
            class="sort"
            aria-label={t('sort')}
            value={data?.sort}
            onChange={(event) => void thread.load({ sort: event.currentTarget.value as ThreadSort })}
          >
            {sorts.map((sort) => (
              <option value={sort} key={sort}>
                {t(sort)}
              </option>
            ))}
          </select>
        )}
      </header>
      <Notice view={view} />
      {ready && <Entry view={view} />}
      {newest && pill}
      {ready && data.previous !== null && (
        <button
          type="button"
          part="button"
          class="pager"
          aria-busy={state.loading.has('previous')}
          onClick={() => void thread.loadPrevious()}
        >
          {t('previous')}
        </button>
      )}
      {!ready && !state.error && <Skeleton label={t('loading')} />}
      {empty && data.thread.state === 'open' && <p class="hint empty">{t('empty')}</p>}
      {ready && (
        <ol
          part="list"
          class={`list roots${data.comments.size > manyComments ? ' many' : ''}`}
          aria-busy={state.loading.has('page')}
        >
          {newest && sending}
          {data.roots.map((id) => (
            <CommentItem view={view} id={id} depth={0} key={id} />
          ))}
          {!newest && sending}
        </ol>
      )}
      {!newest && pill}
      {ready && data.next !== null && (
        <button
          type="button"
          part="button"
          class="pager"
          aria-busy={state.loading.has('next')}
          onClick={() => void thread.loadNext()}
        >
          {t('next')}
        </button>
      )}
      <p class="spoken" role="status">
        {spoken}
      </p>
    </section>
  )
}

/** One line about what is wrong, if something is. */
function Notice({ view }: { view: View }) {
  const { state, t, thread } = view
  const { error, data } = state
  const lost = state.connection === 'lost'
  if (!error && !lost) return null
  const text = !data
    ? t('errorLoad')
    : !navigator.onLine
      ? t('errorOffline')
      : lost
        ? t('errorStale')
        : error
          ? explain(t, error)
          : ''
  return (
    <p part="notice" class="notice" role="alert">
      {text}{' '}
      {!data && (
        <button type="button" class="text strong" onClick={() => void thread.load()}>
          {t('retry')}
        </button>
      )}
    </p>
  )
}

/** The composer, or why there is none. */
function Entry({ view }: { view: View }) {
  const { state, t } = view
  const { me, data } = state
  if (data?.thread.state !== 'open')
    return (
      <p part="notice" class="notice">
        {t('closed')}
      </p>
    )
  if (!mayWrite(view))
    return (
      <p part="notice" class="notice">
        {t(me?.viewer ? 'noEntry' : 'signIn')}
      </p>
    )
  const place: Place = { kind: 'root', id: '' }
  if (view.write) return <view.write.Composer view={view} place={place} />
  // Takes the focus and the first letters until the composer is here.
  return (
    <div class="composer">
      <div class="field">
        <textarea
          part="input"
          rows={1}
          aria-label={t('comment')}
          placeholder={t('write')}
          onFocus={() => view.open(place)}
          onInput={(event) => view.storage.keepDraft('', { text: event.currentTarget.value })}
        />
      </div>
    </div>
  )
}

function Skeleton({ label }: { label: string }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), skeletonMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class={`skeleton${shown ? ' shown' : ''}`} role="status" aria-label={label}>
      {[1, 2, 3].map((line) => (
        <div class="bone" key={line} />
      ))}
    </div>
  )
}
