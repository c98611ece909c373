import { toClientError } from '../client/errors.ts'
import { explain } from './explain.ts'
import { focusSoon } from './ui.ts'
import type { View } from './ui.ts'
import type { Writing } from './write.ts'
import type { OwnCommentView } from '@confab/core'

/** What authors may do with their own comment. Deleting asks in place. */
export function OwnActions({ view, write, own }: { view: View; write: Writing; own: OwnCommentView }) {
  const { t, root } = view
  const { id, editableUntil, deletable } = own
  const place = `delete-${id}`
  const { error } = write.field(place)

  async function remove(): Promise<void> {
    try {
      await write.writer.remove(id)
      view.set({ asking: null })
      view.say(t('gone'))
      focusSoon(root, '.heading')
    } catch (thrown) {
      write.setField(place, { error: { part: 'text', message: explain(t, toClientError(thrown)) } })
      view.set({ asking: null })
    }
  }

  function ask(): void {
    view.set({ asking: id })
    focusSoon(root, `[data-confirm="${id}"]`)
  }

  function keep(): void {
    view.set({ asking: null })
    focusSoon(root, `[data-delete="${id}"]`)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    keep()
  }

  if (view.asking === id) {
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
      {editableUntil !== null && editableUntil > view.now && (
        <button type="button" class="text" data-edit={id} onClick={() => view.open({ kind: 'edit', id, source: own })}>
          {t('edit')}
        </button>
      )}
      {deletable && (
        <button type="button" class="text" data-delete={id} onClick={ask}>
          {t('delete')}
        </button>
      )}
      {error && (
        <span class="error" role="alert">
          {error.message}
        </span>
      )}
    </>
  )
}
