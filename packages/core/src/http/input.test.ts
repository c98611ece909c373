import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseBody, parseQuery } from './input.ts'

const anything = z.looseObject({})

function send(body: BodyInit | null, headers: { [name: string]: string } = { 'content-type': 'application/json' }) {
  const init = { method: 'POST', headers, body, duplex: 'half' }
  return parseBody(anything, new Request('https://api.example/', init))
}

function endless(onCancel: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
    cancel: onCancel,
  })
}

describe('a body', () => {
  test('is read no further than its limit', async () => {
    let cancelled = false
    await expect(send(endless(() => (cancelled = true)))).rejects.toMatchObject({ code: 'too_large', status: 413 })
    expect(cancelled).toBe(true)
  })

  test('that breaks off is a fault of its sender', async () => {
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array([0x7b]))
        controller.error(new Error('socket hang up'))
      },
    })
    await expect(send(broken)).rejects.toMatchObject({ code: 'invalid', details: { fields: [{ field: 'body' }] } })
  })

  test('may nest as deep as any real one, and brackets in text do not count', async () => {
    const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels)
    await expect(send(nested(16))).resolves.toBeDefined()
    await expect(send(nested(17))).rejects.toMatchObject({ code: 'invalid' })
    await expect(send(JSON.stringify({ a: '[{'.repeat(500), '[[[': '\\"[[' }))).resolves.toBeDefined()
  })

  test('that is missing is named', async () => {
    await expect(send(null)).rejects.toMatchObject({
      details: { fields: [{ field: 'body', message: 'must be JSON' }] },
    })
  })
})

describe('parameters', () => {
  const schema = z.strictObject({ a: z.string().optional(), many: z.array(z.string()).optional() })
  const parse = (query: string) => parseQuery(schema, new URLSearchParams(query), ['many'])

  test('stand once, but for those that are lists', () => {
    expect(parse('a=1&many=1&many=2')).toEqual({ a: '1', many: ['1', '2'] })
    expect(parse('many=1')).toEqual({ many: ['1'] })
    expect(() => parse('a=1&a=1')).toThrow('`a` must stand only once')
  })

  test('are never what every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(() => parse(`${name}=1`)).toThrow(`\`${name}\` is not known here`)
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})
