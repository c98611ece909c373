import { en } from './en.ts'
import type { en as enWrite } from './en-write.ts'

type English = typeof en & typeof enWrite
type Plural = { readonly [form in Intl.LDMLPluralRule]?: string } & { readonly other: string }

/** Name of a message. */
export type MessageKey = keyof English

/** All messages of one language. */
export type Messages = { readonly [key in MessageKey]: English[key] extends string ? string : Plural }

/** Fills in a message. `n` chooses the plural form and is written in the language's own digits. */
export type Translate = (key: MessageKey, values?: { readonly [name: string]: string | number }) => string

/** Languages besides English, each in a file that only its readers load. */
const others: { readonly [lang: string]: () => Promise<Messages> } = {
  de: async () => (await import('./de.ts')).de,
}

/** The language that the widget speaks where the page speaks `lang`: its own or English. */
export function chooseLanguage(lang: string): string {
  const base = lang.toLowerCase().split('-', 1)[0] ?? ''
  return Object.hasOwn(others, base) ? base : 'en'
}

/**
 * The messages of a language that {@link chooseLanguage} gave; English when its file cannot be loaded. English for those
 * who write is added when it comes.
 */
export async function loadMessages(lang: string): Promise<Partial<Messages>> {
  try {
    return { ...en, ...(await others[lang]?.()) }
  } catch {
    return { ...en }
  }
}

/** @param locale for digits and plurals: `de-CH` writes numbers in another way than `de` */
export function createTranslate(messages: Partial<Messages>, locale: string): Translate {
  const rules = new Intl.PluralRules(locale)
  const numbers = new Intl.NumberFormat(locale)
  return (key, values = {}) => {
    const message: string | Plural = messages[key] ?? ''
    const text = typeof message === 'string' ? message : (message[rules.select(Number(values['n']))] ?? message.other)
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? ''
      return typeof value === 'number' ? numbers.format(value) : value
    })
  }
}
