import { sharedData } from '../../text/shared-data.fixture.ts'
import type { JsonBody } from './bodies.ts'

interface CollectedBody {
  readonly name: string
  /** Begins with `accept`, `reject` or `either`. */
  readonly expect: string
  readonly base64?: string
  readonly repeat?: { readonly unit: string; readonly total_bytes: number }
}

/** The collected JSON texts, where they are at hand. */
export function jsonBodies(): JsonBody[] {
  return (sharedData<CollectedBody[]>('json/jsontestsuite-a.json') ?? []).map((body) => ({
    name: body.name,
    bytes: bytesOf(body),
    valid: body.expect.startsWith('either') ? null : body.expect.startsWith('accept'),
  }))
}

function bytesOf({ base64, repeat }: CollectedBody): Uint8Array<ArrayBuffer> {
  if (base64 !== undefined) return Uint8Array.from(Buffer.from(base64, 'base64'))
  const { unit = '', total_bytes: length = 0 } = repeat ?? {}
  return new TextEncoder().encode(unit.repeat(Math.ceil(length / unit.length)).slice(0, length))
}
