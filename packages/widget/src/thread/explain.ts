import type { ClientError } from '../client/errors.ts'
import type { MessageKey, Translate } from './messages/translate.ts'

const messages: { readonly [code: string]: MessageKey } = {
  unavailable: 'errorServer',
  internal: 'errorServer',
  bad_answer: 'errorServer',
  rate_limited: 'errorRate',
  locked: 'closed',
  forbidden: 'noEntry',
  unauthorized: 'signIn',
  too_large: 'errorLong',
  conflict: 'errorConflict',
}

/** Why a text was not taken, in the reader's words. */
export function explain(t: Translate, error: ClientError): string {
  if (error.code === 'offline') return t(navigator.onLine ? 'errorServer' : 'errorOffline')
  const key = messages[error.code]
  return key ? t(key) : t('errorRefused', { reason: error.message })
}
