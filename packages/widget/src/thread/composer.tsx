import { newKey } from '../client/create-client.ts'
import { toClientError } from '../client/errors.ts'
import { explain } from './explain.ts'
import { Toolbar, formatKey } from './toolbar.tsx'
import { focusSoon } from './ui.ts'
import type { Place, View } from './ui.ts'
import type { FieldPart, Writing } from './write.ts'

const maxLength = 10_000
const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** Text areas that have been set up. */
const begun = new WeakSet<Element>()

interface Props {
  readonly view: View
  readonly write: Writing
  readonly place: Place
  /** Whom the reply is for. */
  readonly name?: string
  /** The text to change, and the revision it is. */
  readonly source?: { readonly body: string; readonly rev: number }
}

/** Where a text is written: one line that opens on focus, or an open field under a comment. */
export function Composer({ view, write, place, name = '', source }: Props) {
  const { thread, t, state, root } = view
  const { writer, storage } = write
  const isRoot = place.kind === 'root'
  const placeName = source ? `edit-${place.id}` : place.id
  const field = write.field(placeName)
  const draft = storage.draft(placeName)
  const isFocused = view.place?.kind === place.kind && view.place.id === place.id
  const isOpen = isFocused || draft !== null
  const { me } = state
  const asks = source ? null : (me?.guest ?? null)
  const known = storage.guest()
  const idOf = (part: FieldPart) => `${part}-${placeName}`
  const input = (part: FieldPart) => root.querySelector<HTMLInputElement>(`#${idOf(part)}`)

  function fail(part: FieldPart, message: string): void {
    write.setField(placeName, { error: { part, message }, saving: false })
    view.set({})
    focusSoon(root, `#${idOf(part)}`)
  }

  function onInput(event: Event): void {
    const element = event.currentTarget as HTMLTextAreaElement
    const { value } = element
    fitHeight(element)
    if (value.trim() === '' || value === source?.body) storage.dropDraft(placeName)
    else storage.keepDraft(placeName, { text: value })
    if (!field.error && !field.restored) return
    write.setField(placeName, { error: null, restored: false })
    view.set({})
  }

  function close(): void {
    write.forget(placeName)
    view.open(null)
    if (isRoot) input('text')?.blur()
    else focusSoon(root, `[data-${place.kind}="${place.id}"]`)
  }

  function done(): void {
    storage.dropDraft(placeName)
    const text = input('text')
    if (text) text.value = ''
    close()
  }

  function submit(): void {
    const body = input('text')?.value ?? ''
    if (field.saving) return
    if (body.trim() === '') return fail('text', t('errorEmpty'))
    if (source) return void save(body, source.rev)
    let guest = null
    if (asks) {
      guest = { name: input('name')?.value.trim() ?? '', email: input('email')?.value.trim() ?? '' }
      if (!guest.name) return fail('name', t('errorName'))
      if (asks.email && !emailPattern.test(guest.email)) return fail('email', t('errorEmail'))
      const isKept = root.querySelector<HTMLInputElement>(`#remember-${placeName}`)?.checked
      storage.keepGuest(guest, isKept === true)
      if (!guest.email) guest = { name: guest.name }
    }
    const key = draft?.text === body ? draft.key : undefined
    writer.post({ body, guest, key: key ?? newKey(), parent: isRoot ? null : place.id })
    done()
  }

  async function save(body: string, rev: number): Promise<void> {
    write.setField(placeName, { saving: true })
    view.set({})
    try {
      await writer.edit(place.id, { body, rev })
      view.say(t('saved'))
      done()
    } catch (thrown) {
      fail('text', explain(t, toClientError(thrown)))
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    const { key, target } = event
    // Keys that choose between characters are not for us.
    if (event.isComposing) return
    if (key === 'Enter' && (event.ctrlKey || event.metaKey)) submit()
    else if (key === 'Escape' && isFocused) close()
    else if (!(target instanceof HTMLTextAreaElement && formatKey(event, target))) return
    event.preventDefault()
    // Otherwise the page's own dialog around the thread would close as well.
    event.stopPropagation()
  }

  function begin(element: HTMLTextAreaElement | null): void {
    if (!element || begun.has(element)) return
    begun.add(element)
    fitHeight(element)
  }

  const { error } = field
  const bad = (part: FieldPart) =>
    error?.part === part ? { 'aria-invalid': true, 'aria-describedby': `error-${placeName}` } : {}
  const label = isRoot ? t('comment') : source ? t('editOwn') : t('replyTo', { name })
  return (
    <form
      part="composer"
      class={`composer${isOpen ? ' open' : ''}${isFocused ? ' active' : ''}`}
      noValidate
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <div class="field">
        <textarea
          key={field.version}
          ref={begin}
          part="input"
          id={idOf('text')}
          rows={isOpen ? 3 : 1}
          dir="auto"
          maxLength={maxLength}
          aria-label={label}
          placeholder={isRoot ? t('write') : label}
          defaultValue={draft?.text ?? source?.body ?? ''}
          onInput={onInput}
          onFocus={() => {
            if (!isFocused) view.open(place)
            if (!me) void thread.loadMe()
          }}
          {...bad('text')}
        />
        {isOpen && <Toolbar t={t} />}
      </div>
      {isOpen && error && (
        <p part="error" class="error" id={`error-${placeName}`} role="alert">
          {error.message}
        </p>
      )}
      {isOpen && field.restored && <p class="hint">{t('draftBack')}</p>}
      {isOpen && (
        <div class="send">
          {asks && (
            <>
              <input
                part="input"
                id={idOf('name')}
                name="name"
                autoComplete="name"
                maxLength={60}
                aria-label={t('name')}
                placeholder={t('name')}
                defaultValue={me?.viewer?.name ?? known?.name ?? ''}
                {...bad('name')}
              />
              {asks.email && (
                <input
                  part="input"
                  id={idOf('email')}
                  name="email"
                  type="email"
                  autoComplete="email"
                  maxLength={254}
                  aria-label={t('emailHint')}
                  placeholder={t('emailHint')}
                  defaultValue={known?.email ?? ''}
                  {...bad('email')}
                />
              )}
              <label class="check">
                <input id={`remember-${placeName}`} type="checkbox" defaultChecked={known?.kept} />
                {t('remember')}
              </label>
            </>
          )}
          {!asks && me?.viewer && !source && <span class="hint">{t('postingAs', { name: me.viewer.name })}</span>}
          {!isRoot && (
            <button type="button" part="button" class="plain" onClick={close}>
              {t('cancel')}
            </button>
          )}
          <button type="submit" part="button" class="primary" disabled={field.saving}>
            <span>{t(isRoot ? 'post' : source ? 'save' : 'reply')}</span>
          </button>
        </div>
      )}
    </form>
  )
}

/** As high as its text, where the browser does not do it by itself. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
