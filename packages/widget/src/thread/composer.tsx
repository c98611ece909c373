import { useEffect, useRef, useState } from 'preact/hooks'
import { newKey } from '../client/create-client.ts'
import { toClientError } from '../client/errors.ts'
import { explain, focusSoon } from './ui.ts'
import { Toolbar, formatKey } from './toolbar.tsx'
import type { ClientError } from '../client/errors.ts'
import type { Place, View } from './ui.ts'

const maxLength = 10_000
const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

interface Props {
  readonly view: View
  readonly place: Place
  /** Whom the reply is for. */
  readonly name?: string
  /** The text to change, and the revision it is. */
  readonly source?: { readonly body: string; readonly rev: number }
}

/** Where a text is written: one line that opens on focus, or an open field under a comment. */
export function Composer({ view, place, name = '', source }: Props) {
  const { thread, storage, t, state } = view
  const placeName = place.kind === 'edit' ? `edit-${place.id}` : place.id
  const [draft] = useState(() => storage.draft(placeName))
  const [text, setText] = useState(draft?.text ?? source?.body ?? '')
  const [error, setError] = useState<{ field: 'text' | 'name' | 'email'; message: string } | null>(null)
  const [saving, setSaving] = useState(false)
  const known = storage.guest()
  const [guest, setGuest] = useState({ name: known?.name ?? '', email: known?.email ?? '' })
  const [remember, setRemember] = useState(known !== null)
  const [seen, setSeen] = useState<ClientError>()
  const field = useRef<HTMLTextAreaElement>(null)
  const isOpen = view.place?.kind === place.kind && view.place.id === place.id
  const isRoot = place.kind === 'root'
  const { me } = state
  const asks = place.kind === 'edit' ? null : (me?.guest ?? null)

  // The one line that stood here may have had the focus already.
  useEffect(() => {
    if (isOpen) focusEnd(field.current)
  }, [isOpen])
  useEffect(() => {
    if (field.current) fitHeight(field.current)
  }, [text, isOpen])

  // A text that came back from the server with a reason.
  const returned = isOpen ? view.place?.error : undefined
  if (returned !== seen) {
    setSeen(returned)
    if (returned) {
      setText(storage.draft(placeName)?.text ?? '')
      setError({ field: 'text', message: explain(t, returned) })
    }
  }

  function fail(which: 'text' | 'name' | 'email', message: string): void {
    setError({ field: which, message })
    focusSoon(view.root, `#${which}-${placeName}`)
  }

  function type(value: string): void {
    setText(value)
    setError(null)
    if (value.trim() === '' || value === source?.body) storage.dropDraft(placeName)
    else storage.keepDraft(placeName, { text: value })
  }

  function close(): void {
    view.open(null)
    if (isRoot) field.current?.blur()
    else focusSoon(view.root, `[data-${place.kind}="${place.id}"]`)
  }

  async function submit(): Promise<void> {
    if (saving) return
    if (text.trim() === '') return fail('text', t('errorEmpty'))
    if (asks && guest.name.trim() === '') return fail('name', t('errorName'))
    if (asks?.email && !emailPattern.test(guest.email)) return fail('email', t('errorEmail'))
    if (source) return await save(source.rev)
    if (asks) storage.keepGuest(remember ? guest : null)
    const stored = storage.draft(placeName)
    thread.post({
      body: text,
      parent: isRoot ? null : place.id,
      guest: asks ? { name: guest.name.trim(), ...(asks.email && { email: guest.email }) } : null,
      key: (stored?.text === text && stored.key) || newKey(),
    })
    storage.dropDraft(placeName)
    setText('')
    close()
  }

  async function save(rev: number): Promise<void> {
    setSaving(true)
    try {
      await thread.edit(place.id, { body: text, rev })
      storage.dropDraft(placeName)
      view.say(t('saved'))
      close()
    } catch (thrown) {
      setSaving(false)
      fail('text', explain(t, toClientError(thrown)))
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      void submit()
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation()
      close()
    } else if (field.current && event.target === field.current && formatKey(event, field.current)) {
      event.preventDefault()
    }
  }

  const errorId = `error-${placeName}`
  const bad = (which: 'text' | 'name' | 'email') =>
    error?.field === which ? { 'aria-invalid': true, 'aria-describedby': errorId } : {}
  const label = isRoot ? t('comment') : place.kind === 'edit' ? t('editOwn') : t('replyTo', { name })
  const submitLabel = isRoot ? t('post') : place.kind === 'edit' ? t('save') : t('send')
  return (
    <form
      part="composer"
      class={`composer${isOpen || text ? ' open' : ''}`}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <div class="field">
        <textarea
          ref={field}
          part="input"
          id={`text-${placeName}`}
          rows={isOpen || text ? 3 : 1}
          dir="auto"
          maxLength={maxLength}
          aria-label={label}
          placeholder={isRoot ? t('write') : label}
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
          onFocus={() => {
            if (!isOpen) view.open(place)
            if (!me) void thread.loadMe()
          }}
          {...bad('text')}
        />
        {(isOpen || text) && <Toolbar t={t} field={field} />}
      </div>
      {(isOpen || text) && (
        <>
          {error && (
            <p part="error" class="error" id={errorId} role="alert">
              {error.message}
            </p>
          )}
          {draft && text === draft.text && <p class="hint">{t('draftBack')}</p>}
          <div class="send">
            {asks && (
              <>
                <input
                  part="input"
                  id={`name-${placeName}`}
                  name="name"
                  autoComplete="name"
                  maxLength={60}
                  aria-label={t('name')}
                  placeholder={t('name')}
                  value={guest.name}
                  onInput={(event) => setGuest({ ...guest, name: event.currentTarget.value })}
                  {...bad('name')}
                />
                {asks.email && (
                  <input
                    part="input"
                    id={`email-${placeName}`}
                    name="email"
                    type="email"
                    autoComplete="email"
                    maxLength={254}
                    aria-label={t('emailHint')}
                    placeholder={t('emailHint')}
                    value={guest.email}
                    onInput={(event) => setGuest({ ...guest, email: event.currentTarget.value })}
                    {...bad('email')}
                  />
                )}
                <label class="check">
                  <input
                    type="checkbox"
                    checked={remember}
                    onChange={(event) => setRemember(event.currentTarget.checked)}
                  />
                  {t('remember')}
                </label>
              </>
            )}
            {!asks && me?.viewer && !source && <span class="hint as">{t('postingAs', { name: me.viewer.name })}</span>}
            <span class="grow" />
            {!isRoot && (
              <button type="button" part="button" class="plain" onClick={close}>
                {t('cancel')}
              </button>
            )}
            <button type="submit" part="button primary" class="primary" disabled={saving}>
              <span>{submitLabel}</span>
            </button>
          </div>
        </>
      )}
    </form>
  )
}

function focusEnd(field: HTMLTextAreaElement | null): void {
  if (!field || (field.getRootNode() as ShadowRoot).activeElement === field) return
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)
}

/** As high as its text, where the browser does not do it by itself. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
