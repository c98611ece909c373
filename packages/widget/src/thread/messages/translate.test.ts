import { describe, expect, test } from 'vitest'
import { de } from './de.ts'
import { en as enRead } from './en.ts'
import { en as enWrite } from './en-write.ts'
import { chooseLanguage, createTranslate, loadMessages } from './translate.ts'
import type { Messages } from './translate.ts'

const en: Messages = { ...enRead, ...enWrite }
const languages: { readonly [lang: string]: Messages } = { en, de }

function holes(message: Messages[keyof Messages]): string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message)
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort()
}

describe.each(Object.keys(languages))('%s', (lang) => {
  const messages = languages[lang] ?? expect.fail()

  test('says everything, with the same words left open', () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort())
    for (const key of Object.keys(en) as (keyof Messages)[])
      expect([key, holes(messages[key])]).toEqual([key, holes(en[key])])
  })

  test('has every plural form of the language', () => {
    const forms = new Intl.PluralRules(lang).resolvedOptions().pluralCategories.sort()
    for (const message of Object.values(messages)) {
      if (typeof message !== 'string') expect(Object.keys(message).sort()).toEqual(forms)
    }
  })

  test('leaves no message empty', () => {
    for (const message of Object.values(messages)) {
      for (const text of typeof message === 'string' ? [message] : Object.values(message))
        expect(text.trim()).not.toBe('')
    }
  })
})

test('the two parts of English do not say the same thing twice', () => {
  expect(Object.keys(enRead).filter((key) => key in enWrite)).toEqual([])
})

test('counts and fills in, in the digits of the locale', () => {
  const t = createTranslate(en, 'en')
  expect(t('count', { n: 1 })).toBe('1 comment')
  expect(t('count', { n: 1234 })).toBe('1,234 comments')
  expect(t('replyTo', { name: '{n} $& Ada' })).toBe('Reply to {n} $& Ada')
  expect(createTranslate(de, 'de-DE')('count', { n: 1234 })).toBe('1.234 Kommentare')
})

test('a language that is not there is English', async () => {
  expect(['de', 'de-AT', 'DE', 'en-GB', 'fr', '', 'constructor'].map(chooseLanguage)).toEqual([
    'de',
    'de',
    'de',
    'en',
    'en',
    'en',
    'en',
  ])
  expect(await loadMessages('en')).toEqual(enRead)
  expect(await loadMessages('de')).toMatchObject(de)
})
