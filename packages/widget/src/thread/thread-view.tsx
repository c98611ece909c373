import { h } from 'preact'
import { isPassing } from '../client/errors.ts'
import { CommentItem } from './comment-item.tsx'
import { focusSoon, isSending, loadAndFocus, mayWrite } from './ui.ts'
import type { ThreadSort } from '../client/create-client.ts'
import type { Place, View } from './ui.ts'

/** Above this number, comments outside the window are not laid out. */
const manyComments = 200
const sorts = ['newest', 'oldest'] as const
const rootPlace: Place = { kind: 'root', id: '' }

/** The whole thread. */
export function ThreadView({ view }: { view: View }) {
  const { thread, t, state, heading, spoken } = view
  const { data } = state
  const comments = data?.thread.comments ?? 0
  return (
    <section part="thread" class="thread" aria-labelledby="heading" aria-busy={!data && !state.error}>
      <header part="header" class="header">
        {h(
          `h${heading}`,
          { id: 'heading', part: 'heading', class: 'heading', tabIndex: -1 },
          <bdi>{comments > 0 ? t('count', { n: comments }) : t('title')}</bdi>,
        )}
        {data && comments > 1 && (
          <select
            part="sort"
            class="sort"
            aria-label={t('sort')}
            value={data.sort}
            onChange={({ currentTarget: select }) => {
              void thread.load({ sort: select.value as ThreadSort }).then(() => {
                select.value = thread.state.data?.sort ?? ''
              })
            }}
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
      {data ? <List view={view} /> : !state.error && <Skeleton label={t('loading')} />}
      <p class="spoken" role="status">
        {spoken}
      </p>
    </section>
  )
}

function List({ view }: { view: View }) {
  const { thread, t, state, write, root } = view
  const { data } = state
  if (!data) return null
  const newest = data.sort === 'newest'
  // A reply whose comment is not loaded has no better place.
  const outbox = state.outbox.filter(({ parent }) => parent === null || !data.comments.has(parent))
  const sending =
    write && outbox.map((item) => <write.OutboxEntry view={view} write={write} item={item} key={item.key} />)
  const { length } = data.fresh

  function showNew(): void {
    const first = data?.fresh[0]
    thread.showNew()
    if (newest) root.querySelector('.heading')?.scrollIntoView()
    focusSoon(root, `[data-id="${first}"]`)
  }

  const pill = length > 0 && !isSending(state) && (
    <div class={newest ? 'pill top' : 'pill'}>
      <button type="button" part="new" class="primary" onClick={showNew}>
        <span>{t('newComments', { n: length })}</span>
      </button>
    </div>
  )

  return (
    <>
      <Entry view={view} />
      {newest && pill}
      <Pager view={view} way="previous" />
      {data.roots.length + length + outbox.length === 0 && mayWrite(view) && <p class="hint empty">{t('empty')}</p>}
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
      {!newest && pill}
      <Pager view={view} way="next" />
    </>
  )
}

function Pager({ view, way }: { view: View; way: 'next' | 'previous' }) {
  const { thread, t, state } = view
  if (!state.data || state.data[way] === null) return null
  return (
    <button
      type="button"
      part="button"
      class="pager"
      aria-busy={state.loading.has(way)}
      onClick={() => void loadAndFocus(view, way === 'next' ? thread.loadNext() : thread.loadPrevious())}
    >
      {t(way)}
    </button>
  )
}

/** One line about what is wrong, if something is. */
function Notice({ view }: { view: View }) {
  const { state, t, thread, missing } = view
  const { error, data, connection } = state
  if (!error && connection !== 'lost') {
    return missing ? (
      <p part="notice" class="notice">
        {t('missing')}
      </p>
    ) : null
  }
  return (
    <p part="notice" class="notice" role="alert">
      {t(!data ? 'errorLoad' : navigator.onLine ? 'errorStale' : 'errorOffline')} {/* For the site's owner. */}
      {!data && error && !isPassing(error) && error.message}{' '}
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
  const { state, t, write, place } = view
  // A session may end while its owner writes: then the text stays in sight.
  if (!mayWrite(view) && place?.kind !== 'root') {
    return (
      <p part="notice" class="notice">
        {t(state.data?.thread.state !== 'open' ? 'closed' : state.me?.viewer ? 'noEntry' : 'signIn')}
      </p>
    )
  }
  if (write) return <write.Composer view={view} write={write} place={rootPlace} />
  // Takes the focus and the first letters until the composer is here.
  return (
    <div class="composer">
      <div class="field">
        <textarea
          part="input"
          rows={1}
          aria-label={t('comment')}
          placeholder={t('write')}
          onFocus={() => view.open(rootPlace)}
        />
      </div>
    </div>
  )
}

function Skeleton({ label }: { label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {[1, 2, 3].map((line) => (
        <div class="bone" key={line} />
      ))}
    </div>
  )
}
