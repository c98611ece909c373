import type { MessageKey, Translate } from './messages/translate.ts'

/** Around the selection, or before each of its lines. */
interface Format {
  readonly key: MessageKey
  readonly before: string
  readonly after?: string
  /** With Ctrl or Cmd, in the field only. */
  readonly letter?: string
  readonly icon: string
}

const formats: readonly Format[] = [
  {
    key: 'bold',
    before: '**',
    after: '**',
    letter: 'b',
    icon: 'M5 3h4a2.5 2.5 0 0 1 0 5H5zm0 5h5a2.5 2.5 0 0 1 0 5H5z',
  },
  { key: 'italic', before: '*', after: '*', letter: 'i', icon: 'M7 3h5M4 13h5M9.5 3l-3 10' },
  {
    key: 'link',
    before: '[',
    after: '](https://)',
    letter: 'k',
    icon: 'M7 9a2.5 2.5 0 0 0 3.7.2l2-2a2.5 2.5 0 0 0-3.6-3.5l-.7.7M9 7a2.5 2.5 0 0 0-3.7-.2l-2 2a2.5 2.5 0 0 0 3.6 3.5l.7-.7',
  },
  { key: 'quote', before: '> ', icon: 'M3 3v10M6.5 5H13M6.5 8H13M6.5 11H10' },
  { key: 'code', before: '`', after: '`', icon: 'M5.5 4.5 2 8l3.5 3.500M10.5 4.5 14 8l-3.5 3.5' },
]

/** Buttons that write Markdown around what is selected. */
export function Toolbar({ t }: { t: Translate }) {
  return (
    <div part="toolbar" class="toolbar" role="group" aria-label={t('formatting')}>
      {formats.map((format) => (
        <button
          type="button"
          key={format.key}
          class="icon"
          aria-label={t(format.key)}
          title={t(format.key)}
          onClick={(event) => {
            const field = event.currentTarget.closest('.field')?.querySelector('textarea')
            if (field) apply(field, format)
          }}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={format.icon} />
          </svg>
        </button>
      ))}
    </div>
  )
}

/** Formats when the keys ask for it; tells whether they did. */
export function formatKey(event: KeyboardEvent, field: HTMLTextAreaElement): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return false
  const format = formats.find(({ letter }) => letter === event.key.toLowerCase())
  if (format) apply(field, format)
  return format !== undefined
}

function apply(field: HTMLTextAreaElement, { before, after, key }: Format): void {
  const { selectionStart: start, selectionEnd: end, value } = field
  const selected = value.slice(start, end)
  field.focus()
  if (after === undefined) {
    const lineStart = value.lastIndexOf('\n', start - 1) + 1
    const lines = value.slice(lineStart, end)
    field.setRangeText(before + lines.replaceAll('\n', `\n${before}`), lineStart, end, 'end')
  } else if (key === 'code' && selected.includes('\n')) {
    field.setRangeText(`\`\`\`\n${selected}\n\`\`\``, start, end, 'end')
  } else {
    field.setRangeText(before + selected + after, start, end)
    if (key === 'link' && selected) field.setSelectionRange(end + 3, end + after.length)
    else field.setSelectionRange(start + before.length, end + before.length)
  }
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
