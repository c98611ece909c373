import type { ClientError } from '../client/errors.ts'
import type { MessageKey, Translate } from './messages/translate.ts'

const messages: { readonly [code: string]: MessageKey } = {
  unavailable: 'errorServer',
  internal: 'errorServer',
  bad_answer: 'errorServer',
  rate_limited: 'errorRate',
  locked: 'closed',
  unauthorized: 'signIn',
  too_large: 'errorLong',
  conflict: 'errorConflict',
}

/**
 * Why a text was not taken, in the reader's words, and how long to wait where that is known.
 *
 * @param seconds until it is sent again by itself
 */
export function explain(t: Translate, error: ClientError, seconds = 0): string {
  const n = seconds || Math.ceil((error.retryAfterMs ?? 0) / 1000)
  return `${reasonOf(t, error)} ${n > 0 ? t(seconds ? 'retryIn' : 'wait', { n }) : ''}`
}

function reasonOf(t: Translate, error: ClientError): string {
  if (error.code === 'offline') return t(navigator.onLine ? 'errorServer' : 'errorOffline')
  const key = messages[error.code]
  return key ? t(key) : t('errorRefused', { reason: error.message })
}
