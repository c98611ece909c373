import { useState } from 'preact/hooks'
import { toClientError } from '../client/errors.ts'
import { explain, focusSoon } from './ui.ts'
import type { View } from './ui.ts'
import type { OwnCommentView } from '@confab/core'

/** What authors may do with their own comment. Deleting asks in place. */
export function OwnActions({ view, own }: { view: View; own: OwnCommentView }) {
  const { t, thread } = view
  const { id, editableUntil, deletable } = own
  const [asking, setAsking] = useState(false)
  const [error, setError] = useState<string | null>(null)
  // Once on the screen it stays: the server decides whether it was still in time.
  const [editable] = useState(() => editableUntil !== null && editableUntil > Date.now())

  async function remove(): Promise<void> {
    try {
      await thread.remove(id)
      view.say(t('gone'))
      focusSoon(view.root, '.heading')
    } catch (thrown) {
      setAsking(false)
      setError(explain(t, toClientError(thrown)))
    }
  }

  function ask(): void {
    setAsking(true)
    focusSoon(view.root, `[data-confirm="${id}"]`)
  }

  function keep(): void {
    setAsking(false)
    focusSoon(view.root, `[data-delete="${id}"]`)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    keep()
  }

  if (asking) {
    return (
      <span class="ask" role="group" aria-label={t('deleteAsk')} onKeyDown={onKeyDown}>
        <span>{t('deleteAsk')}</span>
        <button type="button" class="text danger" data-confirm={id} onClick={() => void remove()}>
          {t('delete')}
        </button>
        <button type="button" class="text" onClick={keep}>
          {t('keep')}
        </button>
      </span>
    )
  }
  return (
    <>
      {editable && (
        <button type="button" class="text" data-edit={id} onClick={() => view.open({ kind: 'edit', id })}>
          {t('edit')}
        </button>
      )}
      {deletable && (
        <button type="button" class="text" data-delete={id} onClick={ask}>
          {t('delete')}
        </button>
      )}
      {error !== null && (
        <span class="error" role="alert">
          {error}
        </span>
      )}
    </>
  )
}
